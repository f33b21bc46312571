import CLinux
import Glibc
import Testing

@testable import System

@Suite struct ControlMessageTests {
  private struct Message: Equatable {
    var level: CInt
    var type: CInt
    var payload: [UInt8]
  }

  /// What a decoder finds behind what `write` has encoded into `room` bytes, and the length that the message got.
  private func encoded(room: Int, _ write: (inout ControlMessageEncoder) -> Void) -> (length: Int, [Message]) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: MemoryLayout<cmsghdr>.alignment)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0xA5)
    var message = msghdr()
    return withUnsafeMutablePointer(to: &message) { message in
      var encoder = ControlMessageEncoder(message, in: buffer)
      write(&encoder)
      encoder.finish()
      var found: [Message] = []
      ControlMessages.forEach(in: message) { level, type, payload in
        found.append(Message(level: level, type: type, payload: payload.withUnsafeBytes { Array($0) }))
      }
      return (Int(message.pointee.msg_controllen), found)
    }
  }

  @Test func whatIsWrittenIsRead() {
    let (length, messages) = encoded(room: 128) { encoder in
      encoder.append(level: 17, type: 103, UInt16(0x1234).bigEndian)
      encoder.append(level: 0, type: 8, UInt16(0x5566).bigEndian)
      encoder.append(level: 1, type: 2, UInt16(0x0102).bigEndian)
    }
    #expect(length == 3 * 24, "a header of 16 bytes, and a payload padded to 8")
    #expect(
      messages == [
        Message(level: 17, type: 103, payload: [0x12, 0x34]),
        Message(level: 0, type: 8, payload: [0x55, 0x66]),
        Message(level: 1, type: 2, payload: [1, 2]),
      ])
  }

  /// The length is set at the end whatever was written.
  @Test func nothingWrittenIsNoControlBuffer() {
    let (length, messages) = encoded(room: 64) { _ in }
    #expect(length == 0 && messages.isEmpty)
  }

  @Test func aFullBufferIsFilledToTheLastByte() {
    let space = ControlMessageEncoder.space(for: 2)
    #expect(encoded(room: space) { $0.append(level: 1, type: 1, UInt16(1)) }.length == space)
  }

  /// The kernel's own: a datagram's time of arrival.
  @Test func theKernelsMessagesAreRead() throws {
    let receiver = try OwnedDescriptor.socket(AF_INET, .datagram)
    try receiver.bind(to: SocketAddress(bytes: [127, 0, 0, 1], port: 0))
    try SocketOption.set(receiver.value, SOL_SOCKET, SO_TIMESTAMPNS, to: 1, "SO_TIMESTAMPNS")
    try SocketOption.limitReceiving(receiver.value, seconds: 10)
    let before = WallClock.nanosecondsSince1970
    let address = try #require(SocketAddress(localOf: receiver.value))
    try OwnedDescriptor.socket(AF_INET, .datagram).send([1], to: address)
    let control = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)
    defer { control.deallocate() }
    var message = msghdr()
    message.msg_control = control.baseAddress
    message.msg_controllen = control.count
    try Syscall.perform("recvmsg") { recvmsg(receiver.value, &message, 0) }
    var stamps: [Int64?] = []
    ControlMessages.forEach(in: &message) { level, type, payload in
      if level == SOL_SOCKET, type == SO_TIMESTAMPNS { stamps.append(WallClock.nanoseconds(ofTimespec: payload)) }
    }
    let stamp = try #require(stamps.first ?? nil)
    #expect(stamps.count == 1 && before <= stamp && stamp <= WallClock.nanosecondsSince1970)
  }
}
