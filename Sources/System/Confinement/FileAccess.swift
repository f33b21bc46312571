/// What may be done with files and directories (LANDLOCK_ACCESS_FS_* of linux/landlock.h). Numbers, because the headers of
/// a build may be older than the kernel that the program runs on.
package struct FileAccess: OptionSet, Equatable, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Open a file for writing.
  package static let writeFile = FileAccess(rawValue: 1 << 1)
  /// Open a file for reading.
  package static let readFile = FileAccess(rawValue: 1 << 2)
  /// List a directory.
  package static let readDirectory = FileAccess(rawValue: 1 << 3)
  /// Remove a file, or give it another name.
  package static let removeFile = FileAccess(rawValue: 1 << 5)
  /// Make a file.
  package static let makeFile = FileAccess(rawValue: 1 << 8)
  /// Shorten a file; from version 3 on.
  package static let truncate = FileAccess(rawValue: 1 << 14)

  /// To read what is below a directory.
  package static let reading: FileAccess = [.readFile, .readDirectory]
  /// To keep a file below a directory up to date.
  package static let updating: FileAccess = [.writeFile, .readFile, .removeFile, .makeFile, .truncate]
  /// What makes sense for a rule about something that is no directory.
  package static let ofFile: FileAccess = [.writeFile, .readFile, .truncate]

  /// Everything that a version of Landlock can refuse.
  package static func all(version: Int) -> FileAccess {
    var count = 13
    if version >= 2 { count = 14 }  // LANDLOCK_ACCESS_FS_REFER
    if version >= 3 { count = 15 }  // LANDLOCK_ACCESS_FS_TRUNCATE
    if version >= 5 { count = 16 }  // LANDLOCK_ACCESS_FS_IOCTL_DEV
    return FileAccess(rawValue: 1 << UInt64(count) - 1)
  }
}
