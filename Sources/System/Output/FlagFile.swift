import Glibc

/// A file that says something by being there, for probes that can do no more than `test -f`.
///
/// It appears whole or not at all (written beside its place, then renamed), and is looked for again each time, so that it
/// does not stay away when somebody else has removed it.
package struct FlagFile: Sendable {
  /// Where it is.
  package let path: String
  private let contents: String
  private let temporaryPath: String

  /// A file of this process at `path`, which need not be there.
  package init(path: String, contents: String) {
    self.path = path
    self.contents = contents
    temporaryPath = "\(path).\(getpid())"
  }

  /// Makes the file be there or not.
  ///
  /// - Throws: `SystemError` where that is not to be had.
  package func set(exists: Bool) throws(SystemError) {
    guard exists else { return try remove(path) }
    if unsafe access(path, F_OK) == 0 { return }
    try remove(temporaryPath)
    // Never through a link that somebody has put there.
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let file = try OwnedDescriptor("open(\(temporaryPath))") { unsafe open(temporaryPath, flags, 0o644) }
    let written = unsafe WholeWrite.write(Array(contents.utf8).span.bytes, to: file.value)
    do throws(SystemError) {
      if let code = written.code { throw SystemError(operation: "write(\(temporaryPath))", code: code) }
      try Syscall.perform("rename(\(path))") { unsafe rename(temporaryPath, path) }
    } catch {
      try? remove(temporaryPath)
      throw error
    }
  }

  private func remove(_ path: String) throws(SystemError) {
    do throws(SystemError) {
      try Syscall.perform("unlink(\(path))") { unsafe unlink(path) }
    } catch  where error.code == ENOENT {
      return
    }
  }
}
