import Glibc
import System

/// Owner of an abstract Unix socket (unix(7)) that others can find by its name.
///
/// Such a name needs no file system, holds within one network namespace, and goes with its process.
final class NameSocket: Sendable {
  /// Bytes of the longest name.
  static let maximumNameByteCount = 107

  private let owner: OwnedDescriptor

  /// For poll(2): readable when somebody asks who has the name.
  var descriptor: CInt { owner.value }

  /// Takes the name; nil if it is too long or taken.
  init?(_ name: String) {
    guard let opened = Self.open(), unsafe Self.withAddress(name, { unsafe bind(opened.value, $0, $1) }) == 0,
      listen(opened.value, 64) == 0
    else { return nil }
    owner = opened
  }

  /// Closes the connections that wait, which is the answer to those who made them.
  func hangUp() {
    while (try? OwnedDescriptor("accept", { accept(descriptor, nil, nil) })) != nil {}
  }

  /// A question to whoever has a name.
  struct Inquiry {
    /// User ID of the process that has taken it.
    let owner: uid_t
    /// Readable once the other side has hung up.
    let connection: OwnedDescriptor
  }

  /// Asks who has the name; nil if nobody has, or too many others are asking.
  static func ask(_ name: String) -> Inquiry? {
    guard let connection = open(),
      unsafe withAddress(name, { unsafe connect(connection.value, $0, $1) }) == 0,
      // Layout twin of `struct ucred`, which glibc declares only under _GNU_SOURCE: process, user, group.
      let credentials = SocketOption.get(
        connection.value, SOL_SOCKET, SO_PEERCRED, into: InlineArray<3, UInt32>(repeating: 0))
    else { return nil }
    return Inquiry(owner: credentials[1], connection: connection)
  }

  /// All abstract names in this network namespace that begin with `prefix`.
  static func names(withPrefix prefix: String) -> [String] {
    let text = (try? FileContents.read("/proc/net/unix")) ?? []
    // The path is the last of eight columns; the kernel writes the NUL that leads an abstract name as @.
    return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let columns = line.split(separator: UInt8(ascii: " "), maxSplits: 7, omittingEmptySubsequences: true)
      guard columns.count == 8, columns[7].starts(with: "@\(prefix)".utf8) else { return nil }
      return String(decoding: columns[7].dropFirst(), as: UTF8.self)
    }
  }

  private static func open() -> OwnedDescriptor? {
    try? OwnedDescriptor.socket(AF_UNIX, .stream, isBlocking: false)
  }

  /// -1 if the name is too long, else what `body` returns for its address.
  private static func withAddress(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    let bytes = Array(name.utf8)
    guard bytes.count <= maximumNameByteCount else { return -1 }
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
