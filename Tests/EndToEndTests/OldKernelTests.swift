import Foundation
import Testing

/// Where scripts/boot-old-kernel left its recordings.
private let recordingsFolder = ProcessInfo.processInfo.environment["OLD_KERNEL_RECORDINGS"]

/// What was mirrored on a kernel of 2022, recorded in an emulator: `make test-kernel`.
///
/// Kernels before 6.2 drop a super-datagram rather than describe it, so that the ring works without the offload header
/// there, and those before 6.7 give a socket's filter 20 KiB.
@Suite(.enabled(if: recordingsFolder != nil, "`make test-kernel` runs these")) struct OldKernel {
  /// One run of the forwarder. Traffic of both IP versions is in each.
  struct Cell: Sendable, CustomTestStringConvertible {
    var engine: Engine
    /// Of the collector's address.
    var version: String
    var interface: String

    var testDescription: String { "\(engine.setting) on \(interface), collector \(version)" }
  }

  static let cells = Engine.allCases.flatMap { engine in
    ["ipv4", "ipv6"].flatMap { version in
      ["any", "eth0"].map { Cell(engine: engine, version: version, interface: $0) }
    }
  }

  /// As old_kernel_init.sh sends them.
  private static let datagrams = (port: 7000, count: 1_000, size: 700)
  private static let superDatagrams = (port: 7001, count: 200, size: 1_200, batch: 40)
  private static let mtu = 9_000

  @Test func theKernelIsOld() throws {
    #expect(try Self.text("kernel").hasPrefix("6.1."))
    #expect(try Self.text("optmem_max") == "20480")
  }

  /// The program's own account: nothing dropped, and each datagram that it says it sent was recorded.
  @Test(arguments: cells) func everyFrameIsAccountedFor(_ cell: Cell) throws {
    try withRecordings(cell) { recordings in
      let log = try Self.text("\(cell.name)/log")
      #expect(try Self.text("\(cell.name)/status") == "0", "\(log)")
      let lines = try StatisticsLine.lines(of: try Self.text("\(cell.name)/statistics"))
      let last = try #require(lines.last)
      #expect(last.final)
      #expect(last.engine == cell.engine.setting)
      #expect(last.mtu == Self.mtu)
      #expect(last.total.isBalanced)
      #expect(last.total.kernelDroppedPackets == 0)
      #expect(last.total.droppedPackets.all == 0)
      #expect(last.total.truncatedPackets == 0)
      #expect(last.total.sentDatagrams == recordings.mirror.datagrams.count)
      #expect(last.total.capturedPackets == (try recordings.direct.count("frame")))
      // Neither engine knows what a super-datagram was made of.
      let superDatagrams = 2 * Self.superDatagrams.count / Self.superDatagrams.batch
      #expect(last.total.fragmentedPackets == superDatagrams)
    }
  }

  /// An older Landlock, that knows nothing of TCP and signals.
  @Test(arguments: cells) func theSandboxIsWhatThisKernelHas(_ cell: Cell) throws {
    let log = try Self.text("\(cell.name)/log")
    #expect(log.contains("Landlock 2 (files), seccomp ("), "\(log)")
    #expect(!log.contains("not to be had") && !log.contains("does not allow"), "\(log)")
  }

  /// The file, as tshark puts it together, and each byte and each bare segment as often as on the traffic link.
  @Test(arguments: cells) func httpStreamsAreEqual(_ cell: Cell) throws {
    try withRecordings(cell) { recordings in
      let file = try Data(contentsOf: URL(fileURLWithPath: Self.path("file")))
      let bodies = try recordings.outer.responseBodies()
      #expect(bodies == [file, file])
      let (original, mirrored) = try (TCPCoverage(recordings.direct), TCPCoverage(recordings.inner))
      #expect(original.payload >= 2 * file.count)
      #expect(original.segments < mirrored.segments, "super-frames were captured")
      #expect(mirrored.validSegments == mirrored.segments, "no bad checksum")
      #expect(mirrored == original)
      #expect(recordings.mirror.longestOuter <= Self.mtu)
      #expect(recordings.mirror.longestOuter > Self.mtu - 100, "segments fill the MTU")
    }
  }

  /// Every datagram, to the app one by one and from it as super-datagrams.
  @Test(arguments: cells) func datagramsAreEqual(_ cell: Cell) throws {
    try withRecordings(cell) { recordings in
      let (direct, mirrored) = try (Self.payloads(recordings.direct), Self.payloads(recordings.inner))
      let (single, joined) = (Self.datagrams, Self.superDatagrams)
      let singles = NumberedDatagrams.payloads(single.count, size: single.size)
      let pieces = NumberedDatagrams.payloads(joined.count, size: joined.size).joined()
      for version in [4, 6] {
        #expect(direct["\(version) \(single.port)"] == singles)
        #expect(mirrored["\(version) \(single.port)"] == singles)
        let original = direct["\(version) \(joined.port)"]
        #expect(original?.count == joined.count / joined.batch, "super-datagrams were captured")
        #expect(mirrored["\(version) \(joined.port)"]?.joined() == pieces)
      }
      #expect(try recordings.inner.badChecksums() == 0)
    }
  }

  /// By IP version and destination port, in the order of the numbers they begin with: on two cores datagrams overtake
  /// each other before any recorder sees them.
  private static func payloads(_ recording: Tshark) throws -> [String: [String]] {
    let names = ["ipv6.dst", "udp.dstport", "udp.payload"]
    var payloads: [String: [String]] = [:]
    for row in try recording.fields(names, filter: "udp.payload && !icmp && !icmpv6") {
      payloads["\(row[0].isEmpty ? 4 : 6) \(row[1])", default: []].append(row[2])
    }
    return payloads.mapValues { $0.sorted() }
  }

  private static func path(_ name: String) throws -> String { "\(try #require(recordingsFolder))/\(name)" }

  private static func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Lends the recordings of a run to `body`; throws when they are not there or not whole, or when an outer frame is
  /// anything but a VXLAN datagram in one piece.
  private func withRecordings(_ cell: Cell, _ body: (Recordings) throws -> Void) throws {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("pfe-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    for name in ["direct", "mirror"] {
      let report = try Self.text("\(cell.name)/\(name).tcpdump")
      guard report.contains("\n0 packets dropped by kernel") else { throw Failure("\(name): \(report)") }
    }
    let (direct, outer) = try (Self.path("\(cell.name)/direct.pcap"), Self.path("\(cell.name)/mirror.pcap"))
    let mirror = try Mirror(try CaptureFile.read(outer))
    try CaptureFile.write(mirror.inner, to: "\(scratch)/inner.pcap")
    try body(
      Recordings(
        direct: Tshark(direct, directory: scratch), directPath: direct, outer: Tshark(outer, directory: scratch),
        outerPath: outer, inner: Tshark("\(scratch)/inner.pcap", directory: scratch), mirror: mirror))
  }
}

extension OldKernel.Cell {
  /// The folder of its recordings.
  fileprivate var name: String { "\(engine.setting)-\(version)-\(interface)" }
}
