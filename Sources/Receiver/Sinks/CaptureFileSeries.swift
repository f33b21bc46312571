internal import Glibc

/// The names of rotated capture files: `mirror.pcapng` becomes `mirror-20260131T120000Z-00001.pcapng` and so on, time of
/// opening and number, so that their order is that of their names, also over restarts.
struct CaptureFileSeries {
  private let folder: String
  private let stem: String
  private let suffix: String
  private var number = 0

  /// `20260131T120000Z-00001`, and longer numbers.
  private static let leastByteCount = 22

  init(path: String) {
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? "./"
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    // A leading point is no suffix's.
    let point = name.dropFirst().lastIndex(of: ".") ?? name.endIndex
    stem = String(name[..<point])
    suffix = String(name[point...])
  }

  /// The path of the next file, which is opened at `time`: RFC 3339, UTC.
  mutating func next(at time: String) -> String {
    number += 1
    let digits = String(number)
    let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    let seconds = time.prefix { $0 != "." && $0 != "Z" }.filter { $0 != "-" && $0 != ":" }
    return "\(folder)\(stem)-\(seconds)Z-\(padded)\(suffix)"
  }

  /// Whether a file's name is one that `next` makes.
  func contains(_ name: String) -> Bool {
    guard name.hasPrefix(stem + "-"), name.hasSuffix(suffix),
      name.utf8.count >= stem.utf8.count + 1 + Self.leastByteCount + suffix.utf8.count
    else { return false }
    let middle = Array(name.dropFirst(stem.count + 1).dropLast(suffix.count).utf8)
    return middle.enumerated().allSatisfy { position, byte in
      switch position {
      case 8: byte == UInt8(ascii: "T")
      case 15: byte == UInt8(ascii: "Z")
      case 16: byte == UInt8(ascii: "-")
      default: UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
      }
    }
  }

  /// Removes the oldest files of the series, also those of earlier runs, so that `count` are left. What cannot be
  /// removed stays.
  func keepNewest(_ count: Int) {
    let names = Self.names(in: folder).filter(contains).sorted()
    for name in names.dropLast(count) { _ = unsafe unlink(folder + name) }
  }

  private static func names(in folder: String) -> [String] {
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      names.append(
        unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
          unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
