import Foundation

/// Texts of Tests/Figures, which validators read as well as tests.
package enum GoldenFile {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Figures")
    .standardized

  /// Whether `text` is what the file has; where UPDATE_FIGURES is set, it is written there first.
  package static func has(_ text: String, _ name: String) throws -> Bool {
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["UPDATE_FIGURES"] != nil {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return try text == String(contentsOf: file, encoding: .utf8)
  }
}
