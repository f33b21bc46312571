import Foundation
import Testing

@testable import System

@Suite struct FileReplacementTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("replacement-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func replacesThroughALinkAndKeepsTheMode() throws {
    try withFolder { folder in
      let (file, link) = (folder.appendingPathComponent("file"), folder.appendingPathComponent("link"))
      try Data("old".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: file.path)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
      try FileReplacement.replace(link.path, with: Array("new".utf8))
      #expect(try String(contentsOf: file, encoding: .utf8) == "new")
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(mode == 0o604)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["file", "link"])
    }
  }

  /// The place of the new file is taken: the old one stays, and so does what is in the way.
  @Test func whatCannotBeMadeChangesNothing() throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data("old".utf8).write(to: file)
      let taken = URL(fileURLWithPath: "\(file.path).\(getpid())")
      try Data("taken".utf8).write(to: taken)
      #expect(throws: SystemError(operation: "open(\(taken.path))", code: EEXIST)) {
        try FileReplacement.replace(file.path, with: [1])
      }
      #expect(try String(contentsOf: file, encoding: .utf8) == "old")
      #expect(try String(contentsOf: taken, encoding: .utf8) == "taken")
    }
  }

  @Test func onlyFilesThatAreThere() throws {
    #expect(throws: SystemError.self) { try FileReplacement.replace("/nonexistent/file", with: [1]) }
    #expect(throws: SystemError(operation: "replace(/dev/null)", code: EINVAL)) {
      try FileReplacement.replace("/dev/null", with: [1])
    }
  }

  /// A descriptor in non-blocking mode is waited for, and no more is read than is wanted.
  @Test func readsFromADescriptor() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    Thread.detachNewThread {
      try? pipe.fileHandleForWriting.write(contentsOf: Data("abc".utf8))
      try? pipe.fileHandleForWriting.close()
    }
    #expect(try FileContents.read(from: descriptor, "pipe", atMost: 2) == Array("ab".utf8))
    #expect(try FileContents.read(from: descriptor, "pipe") == Array("c".utf8))
  }
}
