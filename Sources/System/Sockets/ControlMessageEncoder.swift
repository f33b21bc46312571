package import CLinux
import Glibc

/// Writes control messages (cmsg(3)) for a message that is about to be sent. The message gets its control buffer and
/// length at the end of this value's life, so that they cannot be forgotten, nor differ from what was written.
@safe
package struct ControlMessageEncoder: ~Copyable {
  private let message: UnsafeMutablePointer<msghdr>
  private let buffer: UnsafeMutableRawBufferPointer
  private var byteCount = 0

  /// Bytes of buffer that a message with so many bytes of payload takes.
  package static func space(for payloadByteCount: Int) -> Int { CLinux_CMSG_SPACE(payloadByteCount) }

  /// An encoder without messages.
  ///
  /// - Safety: `message` must stay in place until the end of this value's life, and `buffer`, aligned as `cmsghdr` is,
  ///   until the message is sent.
  @unsafe package init(_ message: UnsafeMutablePointer<msghdr>, in buffer: UnsafeMutableRawBufferPointer) {
    unsafe self.message = message
    unsafe self.buffer = buffer
  }

  // Not generic: it would stay so across the module's border, at a cost for every send.
  /// Appends a message whose payload is a 16-bit integer, host byte order. Traps without room for it.
  package mutating func append(level: CInt, type: CInt, _ payload: UInt16) {
    let space = Self.space(for: MemoryLayout<UInt16>.size)
    precondition(unsafe space <= buffer.count - byteCount, "no room for a control message")
    // Both are within the buffer, as just checked, and each message ends where the next may begin.
    let header = unsafe (buffer.baseAddress! + byteCount).assumingMemoryBound(to: cmsghdr.self)
    unsafe header.pointee.cmsg_level = level
    unsafe header.pointee.cmsg_type = type
    unsafe header.pointee.cmsg_len = CLinux_CMSG_LEN(MemoryLayout<UInt16>.size)
    unsafe CLinux_CMSG_DATA(header).storeBytes(of: payload, as: UInt16.self)
    byteCount += space
  }

  /// Ends its life here.
  package consuming func finish() {}

  deinit {
    unsafe message.pointee.msg_control = byteCount > 0 ? buffer.baseAddress : nil
    unsafe message.pointee.msg_controllen = byteCount
  }
}
