import Glibc

/// Whole files, such as the kernel's in /proc.
package enum FileContents {
  /// What is in the file at `path`, or its first `limit` bytes.
  ///
  /// - Throws: `SystemError` of `open` or `read`, with the path.
  package static func read(_ path: String, atMost limit: Int = .max) throws(SystemError) -> [UInt8] {
    let file = try OwnedDescriptor("open(\(path))") { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    return try read(from: file.value, path, atMost: limit)
  }

  /// What comes from a descriptor, to its end, or its first `limit` bytes. Waits for a slow writer.
  ///
  /// - Parameter name: what it is, for errors.
  /// - Throws: `SystemError` of `read`, with the name.
  package static func read(
    from descriptor: CInt, _ name: String, atMost limit: Int = .max
  ) throws(SystemError) -> [UInt8] {
    var contents: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 << 10)
    while contents.count < limit {
      let wanted = min(part.count, limit - contents.count)
      let count = try Syscall.performNow("read(\(name))") { unsafe Glibc.read(descriptor, &part, wanted) }
      guard let count else {
        // It came to us in non-blocking mode, which it shares with others.
        _ = Polling.isReady(.readable(descriptor), within: -1)
        continue
      }
      if count == 0 { break }
      contents += part[..<count]
    }
    return contents
  }
}
