import Glibc

/// Integer options of sockets (setsockopt(2), getsockopt(2)).
package enum SocketOption {
  /// Sets an option.
  ///
  /// - Throws: `SystemError` of `operation`.
  package static func set(
    _ descriptor: CInt, _ level: CInt, _ name: CInt, to value: CInt, _ operation: String
  ) throws(SystemError) {
    var value = value
    let size = socklen_t(MemoryLayout<CInt>.size)
    guard unsafe setsockopt(descriptor, level, name, &value, size) == 0 else { throw .last(operation) }
  }

  /// The option's value; nil where the kernel has none for this socket.
  package static func get(_ descriptor: CInt, _ level: CInt, _ name: CInt) -> CInt? {
    var value: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    return unsafe getsockopt(descriptor, level, name, &value, &size) == 0 ? value : nil
  }
}
