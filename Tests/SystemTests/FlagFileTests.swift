import Foundation
import Glibc
import Testing

@testable import System

/// A file that says something by being there.
@Suite final class FlagFileTests {
  private let folder: String
  private let file: FlagFile

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("flag-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    file = FlagFile(path: "\(folder)/healthy", contents: "healthy\n")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private var contents: String? { try? String(contentsOfFile: file.path, encoding: .utf8) }

  @Test func itComesAndGoes() throws {
    for _ in 0..<2 {
      try file.set(exists: true)
      try file.set(exists: true)
      #expect(contents == "healthy\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["healthy"], "nothing beside it")
      try file.set(exists: false)
      try file.set(exists: false)
      #expect(contents == nil)
    }
  }

  @Test func somebodyElseRemovesIt() throws {
    try file.set(exists: true)
    try FileManager.default.removeItem(atPath: file.path)
    try file.set(exists: true)
    #expect(contents == "healthy\n")
  }

  /// A link at the place of the temporary file would have another file written to.
  @Test func linksAreNotFollowed() throws {
    let target = "\(folder)/target"
    try "precious".write(toFile: target, atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: "\(file.path).\(getpid())", withDestinationPath: target)
    try file.set(exists: true)
    #expect(contents == "healthy\n")
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
  }

  @Test func aFolderThatIsNotThereIsAnError() throws {
    let nowhere = FlagFile(path: "\(folder)/nowhere/healthy", contents: "")
    #expect(throws: SystemError.self) { try nowhere.set(exists: true) }
    #expect(throws: Never.self) { try nowhere.set(exists: false) }
  }
}
