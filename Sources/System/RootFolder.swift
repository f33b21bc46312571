import Glibc

/// The root of the file system that this process sees.
package enum RootFolder {
  /// Device and inode in hexadecimal. Each container has a root of its own, and whatever is started in a container has
  /// the same, also where there is no /proc to ask. `0-0` where the kernel does not say.
  package static var identity: String {
    var found = stat()
    guard unsafe stat("/", &found) == 0 else { return "0-0" }
    return "\(String(found.st_dev, radix: 16))-\(String(found.st_ino, radix: 16))"
  }
}
