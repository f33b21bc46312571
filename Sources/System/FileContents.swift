import Glibc

/// Whole files, such as the kernel's in /proc.
package enum FileContents {
  /// What is in the file at `path`.
  ///
  /// - Throws: `SystemError` of `open` or `read`, with the path.
  package static func read(_ path: String) throws(SystemError) -> [UInt8] {
    let file = try OwnedDescriptor("open(\(path))") { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    var contents: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = try Syscall.perform("read(\(path))") { unsafe Glibc.read(file.value, &part, part.count) }
      if count == 0 { return contents }
      contents += part[..<count]
    }
  }
}
