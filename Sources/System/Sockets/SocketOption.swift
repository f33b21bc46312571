import CLinux
import Glibc

/// Options of sockets (setsockopt(2), getsockopt(2)).
package enum SocketOption {
  /// Sets an integer option.
  ///
  /// - Throws: `SystemError` of `operation`.
  package static func set(
    _ descriptor: CInt, _ level: CInt, _ name: CInt, to value: CInt, _ operation: String
  ) throws(SystemError) {
    try set(descriptor, level, name, toBytesOf: value, operation)
  }

  /// Sets an option that is a structure.
  ///
  /// - Throws: `SystemError` of `operation`.
  package static func set<Value: BitwiseCopyable>(
    _ descriptor: CInt, _ level: CInt, _ name: CInt, toBytesOf value: Value, _ operation: String
  ) throws(SystemError) {
    let result = unsafe withUnsafeBytes(of: value) {
      unsafe setsockopt(descriptor, level, name, $0.baseAddress!, socklen_t($0.count))
    }
    guard result == 0 else { throw .last(operation) }
  }

  /// The integer option's value; nil where the kernel has none for this socket.
  package static func get(_ descriptor: CInt, _ level: CInt, _ name: CInt) -> CInt? {
    get(descriptor, level, name, into: CInt(0))
  }

  /// The value of an option that is a structure, over `empty`; nil where the kernel has none for this socket, or one of
  /// another size.
  package static func get<Value: BitwiseCopyable>(
    _ descriptor: CInt, _ level: CInt, _ name: CInt, into empty: Value
  ) -> Value? {
    var value = empty
    var byteCount = socklen_t(MemoryLayout<Value>.size)
    guard unsafe getsockopt(descriptor, level, name, &value, &byteCount) == 0,
      byteCount == socklen_t(MemoryLayout<Value>.size)
    else { return nil }
    return value
  }

  /// Lets what waits to receive fail with EAGAIN after so many seconds (SO_RCVTIMEO).
  ///
  /// - Throws: `SystemError` of SO_RCVTIMEO.
  package static func limitReceiving(_ descriptor: CInt, seconds: Int) throws(SystemError) {
    try set(descriptor, SOL_SOCKET, SO_RCVTIMEO, toBytesOf: timeval(tv_sec: seconds, tv_usec: 0), "SO_RCVTIMEO")
  }

  /// Lets what waits to connect or send fail with EAGAIN after so many milliseconds (SO_SNDTIMEO).
  ///
  /// - Throws: `SystemError` of SO_SNDTIMEO.
  package static func limitSending(_ descriptor: CInt, milliseconds: CInt) throws(SystemError) {
    let limit = timeval(tv_sec: Int(milliseconds / 1_000), tv_usec: Int(milliseconds % 1_000) * 1_000)
    try set(descriptor, SOL_SOCKET, SO_SNDTIMEO, toBytesOf: limit, "SO_SNDTIMEO")
  }
}
