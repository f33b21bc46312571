import Glibc

/// Puts new contents in the place of a file's old ones, whole or not at all.
package enum FileReplacement {
  /// Replaces the regular file that `path` leads to, through symbolic links. Owner, group and permissions stay.
  ///
  /// - Throws: `SystemError` where that is not to be had; the file is as it was then.
  package static func replace(_ path: String, with contents: [UInt8]) throws(SystemError) {
    let target = try Self.target(path)
    var old = stat()
    try Syscall.perform("stat(\(target))") { unsafe stat(target, &old) }
    guard old.st_mode & S_IFMT == S_IFREG else { throw SystemError(operation: "replace(\(target))", code: EINVAL) }
    let temporary = "\(target).\(getpid())"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    // For nobody else before it is known for whom.
    let file = try OwnedDescriptor("open(\(temporary))") { unsafe open(temporary, flags, 0o600) }
    do throws(SystemError) {
      try fill(file.value, named: temporary, like: old, with: contents)
      try Syscall.perform("rename(\(target))") { unsafe rename(temporary, target) }
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
  }

  private static func fill(
    _ file: CInt, named name: String, like old: stat, with contents: [UInt8]
  ) throws(SystemError) {
    if let error = WholeWrite.write(contents, to: file, name) { throw error }
    if old.st_uid != geteuid() || old.st_gid != getegid() {
      try Syscall.perform("chown(\(name))") { fchown(file, old.st_uid, old.st_gid) }
    }
    try Syscall.perform("chmod(\(name))") { fchmod(file, old.st_mode & 0o7777) }
    try Syscall.perform("fsync(\(name))") { fsync(file) }
  }

  private static func target(_ path: String) throws(SystemError) -> String {
    guard let found = unsafe realpath(path, nil) else { throw SystemError.last("realpath(\(path))") }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }
}
