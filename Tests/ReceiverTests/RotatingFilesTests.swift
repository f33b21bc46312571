import Foundation
import Glibc
import Testing

@testable import Receiver

@Suite struct RotatingFilesTests {
  /// A folder that is removed when the body is done.
  private func withFolder(_ body: (String) throws -> Void) throws {
    try withTemporaryFile { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      try body(folder)
    }
  }

  private func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func packets(_ path: String) throws -> [PcapngReader.Packet] {
    try PcapngReader(Array(try Data(contentsOf: URL(fileURLWithPath: path)))).packets
  }

  private func frames(_ count: Int, every nanoseconds: UInt64 = 1) -> [ReceivedFrame] {
    var generator = SeededGenerator(seed: 7)
    return (0..<count).map {
      ReceivedFrame(
        vni: UInt32($0 % 3), bytes: generator.bytes(Int.random(in: 14...1_400, using: &generator)),
        timestamp: 5_000 + UInt64($0) * nanoseconds)
    }
  }

  /// No file exceeds the size, each is a whole one, and together they have every frame in its order.
  @Test func aNewFileBeginsBeforeOneIsTooLarge() throws {
    try withFolder { folder in
      let sent = frames(1_000)
      var sink = try RotatingFiles(path: "\(folder)/mirror.pcapng", CaptureRotation(byteCount: 65_536))
      try sink.receive(sent)
      try sink.flush()
      let names = try files(in: folder)
      #expect(names.count > 5)
      #expect(
        names.allSatisfy { $0.wholeMatch(of: #/mirror-\d{8}T\d{6}Z-\d{5}\.pcapng/#) != nil }, "\(names)")
      var read: [[UInt8]] = []
      for name in names {
        let path = "\(folder)/\(name)"
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size <= 65_536)
        if name != names.last { #expect(size > 65_536 - 1_600) }
        read += try packets(path).map(\.bytes)
      }
      #expect(read == sent.map(\.bytes))
      #expect(sink.pending == FrameTally())
    }
  }

  @Test func aNewFileBeginsAfterATime() throws {
    try withFolder { folder in
      var sink = try RotatingFiles(path: "\(folder)/mirror", CaptureRotation(seconds: 10))
      // Ten a file: the one after ten seconds is the next file's first.
      try sink.receive(frames(35, every: 1_000_000_000))
      try sink.flush()
      #expect(try files(in: folder).map { try packets("\(folder)/\($0)").count } == [10, 10, 10, 5])
    }
  }

  /// Also those of an earlier run; what only looks similar stays.
  @Test func theNewestFilesAreKept() throws {
    try withFolder { folder in
      let others = ["mirror-20200101T000000Z-00001.pcap", "mirror-1.pcapng", "mirror.pcapng"]
      for name in others { _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil) }
      for old in ["mirror-20200101T000000Z-00001.pcapng", "mirror-20200101T000000Z-00002.pcapng"] {
        _ = FileManager.default.createFile(atPath: "\(folder)/\(old)", contents: nil)
      }
      let rotation = CaptureRotation(byteCount: 65_536, fileCount: 3)
      let sent = frames(1_000)
      do {
        var sink = try RotatingFiles(path: "\(folder)/mirror.pcapng", rotation)
        try sink.receive(sent)
        try sink.flush()
      }
      let names = try files(in: folder).filter { !others.contains($0) }
      #expect(names.count == 3 && names.allSatisfy { !$0.contains("20200101") }, "\(names)")
      #expect(try files(in: folder).filter(others.contains).count == others.count)
      let read = try names.flatMap { try packets("\(folder)/\($0)").map(\.bytes) }
      #expect(read == sent.suffix(read.count).map(\.bytes))
    }
  }

  /// Another run in the same second does not write over what is there.
  @Test func nothingIsWrittenOver() throws {
    try withFolder { folder in
      for _ in 0..<5 {
        var sink = try RotatingFiles(path: "\(folder)/mirror.pcapng", CaptureRotation(seconds: 60))
        try sink.receive(frames(1))
        try sink.flush()
      }
      let names = try files(in: folder)
      #expect(names.count == 5)
      for name in names { #expect(try packets("\(folder)/\(name)").count == 1) }
    }
  }

  @Test func aFolderThatIsNotThereIsAnError() {
    let error = #expect(throws: ReceiverError.self) {
      _ = try RotatingFiles(path: "/nonexistent/mirror", CaptureRotation(seconds: 1))
    }
    #expect(error == ReceiverError(.open, code: ENOENT))
  }
}
