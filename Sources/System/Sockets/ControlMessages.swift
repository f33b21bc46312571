package import CLinux
import Glibc

/// The control messages (cmsg(3)) that came with a received message.
package enum ControlMessages {
  /// Calls `body` with level, type and payload of each.
  ///
  /// - Safety: `message` must be as recvmsg(2) or recvmmsg(2) has left it, its control buffer still there.
  @unsafe package static func forEach(
    in message: UnsafeMutablePointer<msghdr>, _ body: (_ level: CInt, _ type: CInt, _ payload: RawSpan) -> Void
  ) {
    var header = unsafe CLinux_CMSG_FIRSTHDR(message)
    while let current = unsafe header {
      let byteCount = unsafe Int(current.pointee.cmsg_len) - CLinux_CMSG_LEN(0)
      if byteCount >= 0 {
        // The kernel wrote this many bytes behind the header.
        let payload = unsafe RawSpan(_unsafeStart: CLinux_CMSG_DATA(current), byteCount: byteCount)
        unsafe body(current.pointee.cmsg_level, current.pointee.cmsg_type, payload)
      }
      unsafe header = CLinux_CMSG_NXTHDR(message, current)
    }
  }
}
