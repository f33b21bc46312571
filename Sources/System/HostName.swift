import Glibc

/// The name of this machine.
package enum HostName {
  /// The node name of uname(2): in a container, its own.
  package static var current: String {
    var name = utsname()
    // Cannot fail: the pointer is good.
    _ = unsafe uname(&name)
    return unsafe withUnsafeBytes(of: &name.nodename) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
