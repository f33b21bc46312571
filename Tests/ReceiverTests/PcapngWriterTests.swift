import Foundation
import Testing
import Wire

@testable import Receiver

@Suite struct PcapngWriterTests {
  /// Writes `frames` to a file and reads its bytes back.
  private func file(of frames: [ReceivedFrame]) throws -> [UInt8] {
    try withTemporaryFile { path in
      try write(frames, to: path)
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }

  private func write(_ frames: [ReceivedFrame], to path: String) throws {
    var writer = try PcapngWriter(path: path)
    try writer.receive(frames)
    try writer.flush()
  }

  private func randomFrames(seed: UInt64, count: Int, vnis: UInt32) -> [ReceivedFrame] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let size =
        Bool.random(using: &generator)
        ? Int.random(in: 14...100, using: &generator) : Int.random(in: 14...65_499, using: &generator)
      return ReceivedFrame(
        vni: UInt32.random(in: 0..<vnis, using: &generator), bytes: generator.bytes(size),
        timestamp: UInt64.random(in: 0...4_000_000_000_000_000_000, using: &generator))
    }
  }

  @Test func sectionHeaderAloneIsExact() throws {
    let expected = hex(
      """
      0a0d0d0a 34000000          section header block, 52 bytes
      4d3c2b1a 0100 0000         byte-order magic, version 1.0
      ffffffffffffffff           section length not known
      0400 1000 7061636b65742d666f72776172646572
      00000000                   shb_userappl, end of options
      34000000
      """.strippingNotes)
    #expect(try file(of: []) == expected)
  }

  @Test func interfaceAndPacketAreExact() throws {
    let frame = hex("020000000002 020000000001 88b5 01")
    let bytes = try file(of: [ReceivedFrame(vni: 42, bytes: frame, timestamp: 0x0102_0304_0506_0708)])
    let expected = hex(
      """
      01000000 34000000          interface description block, 52 bytes
      0100 0000 00000000         Ethernet, no snap length
      0200 1000 3139322e302e322e3120766e69203432
      0900 0100 09000000         if_name "192.0.2.1 vni 42", if_tsresol 9
      00000000 34000000          end of options
      06000000 30000000          enhanced packet block, 48 bytes
      00000000                   interface 0
      04030201 08070605          timestamp, high and low
      0f000000 0f000000          captured and original length
      020000000002 020000000001 88b5 01 00
      30000000
      """.strippingNotes)
    #expect(Array(bytes[52...]) == expected)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomFramesAreReadBack(seed: UInt64) throws {
    let frames = randomFrames(seed: seed, count: 200, vnis: 5)
    let reader = try PcapngReader(file(of: frames))
    let expected = frames.map {
      PcapngReader.Packet(
        interface: "192.0.2.1 vni \($0.vni)", timestamp: $0.timestamp, bytes: $0.bytes,
        originalByteCount: $0.bytes.count)
    }
    #expect(reader.packets == expected)
    #expect(reader.interfaces.count == Set(frames.map(\.vni)).count)
  }

  @Test func sourcesBeyondTheTableShareAnInterface() throws {
    let limit = PcapngWriter.maximumInterfaces
    let vnis = Array(0..<UInt32(limit + 10)) + [0, UInt32(limit + 3)]
    let frames = vnis.map { ReceivedFrame(vni: $0, bytes: [UInt8](repeating: 1, count: 14), timestamp: 0) }
    let reader = try PcapngReader(file(of: frames))
    #expect(reader.interfaces.count == limit + 1)
    let expected = vnis.map { $0 < limit ? "192.0.2.1 vni \($0)" : "other senders" }
    #expect(reader.packets.map(\.interface) == expected)
  }

  /// A sender is known by its address, whatever its VNI, and the other way round.
  @Test func eachSenderAndVNIIsAnInterface() throws {
    let other = try #require(SenderAddress("2001:db8::5"))
    let bytes = [UInt8](repeating: 1, count: 14)
    let frames = [
      ReceivedFrame(vni: 1, bytes: bytes, timestamp: 0),
      ReceivedFrame(vni: 1, bytes: bytes, timestamp: 1, sender: other),
      ReceivedFrame(vni: 2, bytes: bytes, timestamp: 2, sender: other),
      ReceivedFrame(vni: 1, bytes: bytes, timestamp: 3),
    ]
    let reader = try PcapngReader(file(of: frames))
    #expect(reader.interfaces == ["192.0.2.1 vni 1", "2001:db8::5 vni 1", "2001:db8::5 vni 2"])
    #expect(reader.packets.map(\.interface) == [0, 1, 2, 0].map { reader.interfaces[$0] })
  }

  /// An IP header says how long the frame was whose end the forwarder has cut off.
  @Test(arguments: [
    ("0800 4500 05dc", 14 + 1_500), ("8100 0005 0800 4500 05dc", 18 + 1_500), ("86dd 60000000 05b4", 14 + 40 + 1_460),
    ("0800 4500 0010", 60), ("0800 4500 0000", 60), ("88b5 4500 05dc", 60),
  ])
  func theOriginalLengthIsKept(header: String, length: Int) throws {
    var frame = hex("020000000002 020000000001 \(header)")
    frame += [UInt8](repeating: 0, count: 60 - frame.count)
    let reader = try PcapngReader(file(of: [ReceivedFrame(vni: 1, bytes: frame, timestamp: 0)]))
    #expect(reader.packets.map(\.bytes) == [frame])
    #expect(reader.packets.map(\.originalByteCount) == [length])
  }

  @Test func aFileIsReadableByItsOwnerAlone() throws {
    try withTemporaryFile { path in
      try write([], to: path)
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func aPathThatCannotBeOpenedIsAnError() {
    let error = #expect(throws: ReceiverError.self) { _ = try PcapngWriter(path: "/nonexistent/file") }
    #expect(error == ReceiverError(.open, code: ENOENT))
  }

  @Test func aFullDiskIsAnError() throws {
    var writer = try PcapngWriter(path: "/dev/full")
    var caught: ReceiverError?
    do throws(ReceiverError) { try writer.flush() } catch { caught = error }
    #expect(caught == ReceiverError(.write, code: ENOSPC))
  }

  /// tshark is a decoder nobody here wrote.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tshark")))
  func tsharkReadsTheSameFrames() throws {
    let frames = randomFrames(seed: 4, count: 60, vnis: 3)
    let decoded = try withTemporaryFile { path in
      try write(frames, to: path)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/tshark")
      process.arguments = ["-n", "-r", path, "-T", "json", "-x", "-J", "frame"]
      process.standardError = FileHandle.nullDevice
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      return try JSONDecoder().decode([TsharkPacket].self, from: output)
    }
    try #require(decoded.count == frames.count)
    for (packet, frame) in zip(decoded, frames) {
      let layers = packet._source.layers
      #expect(layers.bytes == frame.bytes)
      #expect(layers.frame.interface.name == "192.0.2.1 vni \(frame.vni)")
      let nanoseconds = String(frame.timestamp % 1_000_000_000)
      let fraction = String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
      #expect(layers.frame.time == "\(frame.timestamp / 1_000_000_000).\(fraction)")
    }
  }
}

/// What `tshark -T json -x` says of a packet.
private struct TsharkPacket: Decodable {
  struct Source: Decodable { var layers: Layers }
  struct Layers: Decodable {
    var frame: Frame
    var bytes: [UInt8]

    enum CodingKeys: String, CodingKey {
      case frame
      case raw = "frame_raw"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      frame = try container.decode(Frame.self, forKey: .frame)
      var raw = try container.nestedUnkeyedContainer(forKey: .raw)
      bytes = hex(try raw.decode(String.self))
    }
  }
  struct Frame: Decodable {
    struct Interface: Decodable {
      var name: String
      enum CodingKeys: String, CodingKey { case name = "frame.interface_name" }
    }
    var interface: Interface
    var time: String
    enum CodingKeys: String, CodingKey {
      case interface = "frame.interface_id_tree"
      case time = "frame.time_epoch"
    }
  }
  var _source: Source
}

extension String {
  /// A hex dump without the notes behind its columns: everything from the first run of three spaces on.
  fileprivate var strippingNotes: String {
    split(separator: "\n").map { line in
      line.range(of: "   ").map { String(line[..<$0.lowerBound]) } ?? String(line)
    }.joined(separator: "\n")
  }
}
