import CLinux
import Glibc

/// Abstract Unix sockets (unix(7)): their names need no file system, hold within one network namespace, and go with the
/// process that has them. Anybody in the namespace may connect, and take a name that is free.
package enum AbstractSocket {
  /// Bytes of the longest name.
  package static let maximumNameByteCount = 107

  /// Takes `name` and lets `backlog` connections wait.
  ///
  /// - Throws: `SystemError`; EADDRINUSE where the name is taken, ENAMETOOLONG where it is too long.
  package static func listen(_ name: String, backlog: CInt) throws(SystemError) -> OwnedDescriptor {
    let opened = try open()
    try Syscall.perform("bind") { unsafe withAddress(name) { unsafe Glibc.bind(opened.value, $0, $1) } }
    try Syscall.perform("listen") { Glibc.listen(opened.value, backlog) }
    return opened
  }

  /// Connects to whoever has `name`, waiting `milliseconds` for room among those who wait there already. It is given in
  /// the order of arrival.
  ///
  /// - Throws: `SystemError`; ECONNREFUSED where nobody has it, EAGAIN where there was no room.
  package static func connect(_ name: String, within milliseconds: CInt = 0) throws(SystemError) -> OwnedDescriptor {
    let opened = try open(isBlocking: milliseconds > 0)
    if milliseconds > 0 { try SocketOption.limitSending(opened.value, milliseconds: milliseconds) }
    try Syscall.perform("connect") { unsafe withAddress(name) { unsafe Glibc.connect(opened.value, $0, $1) } }
    return opened
  }

  /// The next connection that waits on a listening socket; nil if none does.
  ///
  /// - Throws: `SystemError` of `accept`; EMFILE, ENFILE, ENOBUFS, ENOMEM, and the connection goes on waiting.
  package static func accept(on descriptor: CInt) throws(SystemError) -> OwnedDescriptor? {
    guard let accepted = try Syscall.performNow("accept", { CLinux_accept(descriptor) }) else { return nil }
    return OwnedDescriptor(accepted)
  }

  /// The user ID with which the other side has connected, or has begun to listen; nil if the kernel does not say.
  package static func user(behind connection: CInt) -> UInt32? {
    // Layout twin of `struct ucred`, which glibc declares only under _GNU_SOURCE: process, user, group.
    SocketOption.get(connection, SOL_SOCKET, SO_PEERCRED, into: InlineArray<3, UInt32>(repeating: 0)).map { $0[1] }
  }

  /// All abstract names in this network namespace that begin with `prefix`.
  ///
  /// - Throws: `SystemError` where there is no /proc to read them from.
  package static func names(withPrefix prefix: String) throws(SystemError) -> [String] {
    let text = try FileContents.read("/proc/net/unix")
    // The path is the last of eight columns; the kernel writes the NUL that leads an abstract name as @.
    return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let columns = line.split(separator: UInt8(ascii: " "), maxSplits: 7, omittingEmptySubsequences: true)
      guard columns.count == 8, columns[7].starts(with: "@\(prefix)".utf8) else { return nil }
      return String(decoding: columns[7].dropFirst(), as: UTF8.self)
    }
  }

  private static func open(isBlocking: Bool = false) throws(SystemError) -> OwnedDescriptor {
    try OwnedDescriptor.socket(AF_UNIX, .stream, isBlocking: isBlocking)
  }

  /// What `body` returns for the address of `name`; -1 and ENAMETOOLONG if that is too long.
  private static func withAddress(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    let bytes = Array(name.utf8)
    guard bytes.count <= maximumNameByteCount else {
      errno = ENAMETOOLONG
      return -1
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
      unsafe UnsafeMutableRawBufferPointer(rebasing: path[1...]).copyBytes(from: bytes)
    }
    let byteCount = socklen_t(MemoryLayout<sa_family_t>.size + 1 + bytes.count)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, byteCount) }
    }
  }
}
