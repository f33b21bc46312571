import CLinux
import Glibc

extension OwnedDescriptor {
  /// What a socket carries.
  package enum SocketKind: Sendable {
    case datagram, stream, raw

    fileprivate var flag: CInt {
      switch self {
      case .datagram: CInt(SOCK_DGRAM.rawValue)
      case .stream: CInt(SOCK_STREAM.rawValue)
      case .raw: CInt(SOCK_RAW.rawValue)
      }
    }
  }

  /// Opens a socket (socket(2)) that no program started from here inherits.
  ///
  /// - Throws: `SystemError` of `operation`.
  package static func socket(
    _ family: CInt, _ kind: SocketKind, number: CInt = 0, isBlocking: Bool = true, as operation: String = "socket"
  ) throws(SystemError) -> OwnedDescriptor {
    let mode = CInt(SOCK_CLOEXEC.rawValue) | (isBlocking ? 0 : CInt(SOCK_NONBLOCK.rawValue))
    return try OwnedDescriptor(operation) { Glibc.socket(family, kind.flag | mode, number) }
  }

  /// Gives the socket its local address.
  ///
  /// - Throws: `SystemError` of `bind`.
  package func bind(to address: SocketAddress) throws(SystemError) {
    try Syscall.perform("bind") { unsafe address.withSocketAddress { unsafe Glibc.bind(value, $0, $1) } }
  }

  /// Connects the socket.
  ///
  /// - Throws: `SystemError` of `connect`.
  package func connect(to address: SocketAddress) throws(SystemError) {
    try Syscall.perform("connect") { unsafe address.withSocketAddress { unsafe Glibc.connect(value, $0, $1) } }
  }

  /// Hands over the datagram that has come, without its end where it is longer than `byteCount` bytes. Does not wait.
  ///
  /// - Returns: false if none has, or if there is an error instead.
  package func receive(upTo byteCount: Int, _ body: (RawSpan) -> Void) -> Bool {
    var buffer = [UInt8](repeating: 0, count: byteCount)
    let count = unsafe recv(value, &buffer, byteCount, CInt(MSG_DONTWAIT))
    guard count >= 0 else { return false }
    // As many bytes as the kernel has just written.
    unsafe buffer.withUnsafeBytes { bytes in
      unsafe body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<count])))
    }
    return true
  }

  /// Sends one datagram to `address`.
  ///
  /// - Throws: `SystemError` of `sendto`.
  package func send(_ bytes: [UInt8], to address: SocketAddress) throws(SystemError) {
    try Syscall.perform("sendto") {
      unsafe address.withSocketAddress { unsafe sendto(value, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, $1) }
    }
  }

  /// What has come on a connected socket, at most `count` bytes, without waiting; nil if nothing has, and empty where the
  /// other side will send no more.
  ///
  /// - Throws: `SystemError` of `recv`.
  package func receiveNow(atMost count: Int) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = try Syscall.performNow("recv") { unsafe recv(value, &bytes, count, CInt(MSG_DONTWAIT)) }
    return received.map { Array(bytes[..<$0]) }
  }

  /// Sends as many of `bytes` as a connected socket takes without waiting.
  ///
  /// - Throws: `SystemError` of `send`; EPIPE where the other side is gone.
  /// - Returns: how many these are.
  package func sendNow(_ bytes: [UInt8]) throws(SystemError) -> Int {
    let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
    return try Syscall.performNow("send") { unsafe Glibc.send(value, bytes, bytes.count, flags) } ?? 0
  }

  /// Says to the other side of a connected socket that no more will be sent; it may still send.
  package func finishSending() { _ = Glibc.shutdown(value, CInt(SHUT_WR)) }
}
