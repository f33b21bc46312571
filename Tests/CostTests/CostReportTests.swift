import Foundation
import TestSupport
import Testing

@testable import Cost

/// Statistics and captures, as a table and as JSON.
@Suite struct CostReportTests {
  private static let line =
    #"{"time":"2026-11-26T00:00:00Z","interval":10.0,"sent_datagrams":1000,"sent_bytes":1000000,"#
    + #""withheld_packets":{"encrypted":500,"depth":0,"other_side":0},"#
    + #""withheld_bytes":{"encrypted":3000000,"depth":0,"other_side":0},"kernel_withheld_bytes":4000000,"total":{}}"#

  private func sum(_ lines: String...) -> StatisticsSum {
    var sum = StatisticsSum()
    for line in lines { sum.add(Array(line.utf8)) }
    return sum
  }

  @Test func statistics() {
    let sum = sum("2026-11-26 info: capturing", Self.line, "", "{\"log\":1}", Self.line, "{")
    #expect(sum.lines == 2 && sum.seconds == 20)
    // A withheld frame would have had an IPv4, a UDP and a VXLAN header: 36 bytes.
    let all: UInt64 = 2 * (1_000_000 + 3_000_000 + 500 * 36 + 4_000_000)
    #expect(
      sum.rows == [
        CostReport.Row("everything", datagrams: 3_000, bytes: all),
        CostReport.Row("ENCRYPTED alone", datagrams: 2_000, bytes: all - 2 * (3_000_000 + 500 * 36)),
        CostReport.Row("the kernel's filter alone", datagrams: 3_000, bytes: all - 8_000_000),
        CostReport.Row("as it is", datagrams: 2_000, bytes: 2_000_000),
      ])
  }

  /// Of a forwarder without rules there is what it sends.
  @Test func statisticsWithoutRules() {
    let rows = sum(#"{"interval":30,"sent_datagrams":3,"sent_bytes":300}"#).rows
    #expect(rows.map(\.name) == ["everything", "as it is"] && rows.allSatisfy { $0.bytes == 300 && $0.datagrams == 3 })
  }

  @Test func theTable() throws {
    let prices = try Prices(Array(Data(contentsOf: PricesTests.deployed)))
    let rows = [
      CostReport.Row("everything", datagrams: 20_000, bytes: 12_500_000),
      CostReport.Row("ENCRYPTED=handshake", datagrams: 200, bytes: 125_000),
    ]
    let report = CostReport(title: "sample.pcapng", seconds: 1, rows: rows, prices: prices)
    #expect(
      report.text == """
        sample.pcapng: 1.0 s

                             datagrams/s   Mbit/s   saved  GB a month  between zones  load balancer  PrivateLink
        everything                20,000  100.000       -    30,593.9         611.88         183.56       305.94
        ENCRYPTED=handshake          200    1.000  99.0 %       305.9           6.12           1.84         3.06

        dollars a month at this rate, day and night; prices of us-east-1, 2026-11
        """)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    let rules = try #require(object["rules"] as? [[String: Any]])
    #expect(rules.count == 2 && rules[1]["saved_ratio"] as? Double == 0.99)
    #expect(rules[0]["saved_ratio"] is NSNull && rules[0]["load_balancer"] as? Double == 183.56)
  }

  /// Every golden capture counts as many bytes as it has, whatever the rules, and datagrams that fit.
  @Test func aCapture() throws {
    let golden = PricesTests.deployed.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Tests/Golden/tcp-options.pcap").path
    let sample = try CaptureSample(golden, mtu: 1_500, depth: 65_536, depthText: "64KiB")
    #expect(sample.frames > 0)
    #expect(
      sample.rows.map(\.name) == [
        "everything", "ENCRYPTED=handshake", "ENCRYPTED=none", "FLOW_DEPTH=64KiB",
        "ENCRYPTED=handshake FLOW_DEPTH=64KiB",
      ])
    #expect(sample.rows.allSatisfy { $0.bytes > 0 && $0.bytes <= $0.datagrams * 1_500 })
  }

  /// A download over TLS: each row to the byte.
  @Test func aDownloadOverTLS() throws {
    var connection = Connection()
    connection.send(fromClient: true, flags: 0x02)
    connection.send(fromClient: false, flags: 0x12)
    connection.send(fromClient: true)
    let hello = connection.send(
      fromClient: true, Connection.record(22, [1, 0, 1, 44] + [UInt8](repeating: 7, count: 300)))
    for isClient in [false, true] {
      connection.send(fromClient: isClient, Connection.record(22, [2, 0, 0, 90] + [UInt8](repeating: 8, count: 90)))
      connection.send(fromClient: isClient, Connection.record(20, [1]))
    }
    // Until both sides have sent application data.
    for isClient in [true, false] {
      connection.send(fromClient: isClient, Connection.record(23, [UInt8](repeating: 9, count: 100)))
    }
    let opening = connection.total
    for _ in 0..<500 { connection.send(fromClient: false, Connection.record(23, [UInt8](repeating: 9, count: 995))) }
    let acknowledgment = connection.send(fromClient: true)
    for _ in 0..<500 { connection.send(fromClient: false, Connection.record(23, [UInt8](repeating: 9, count: 995))) }
    let ends = connection.send(fromClient: true, flags: 0x11) + connection.send(fromClient: false, flags: 0x11)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("cost-\(UUID().uuidString).pcap").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(connection.capture).write(to: URL(fileURLWithPath: path))

    let sample = try CaptureSample(path, mtu: 1_500, depth: 65_536, depthText: "64KiB")
    #expect(sample.frames == UInt64(connection.total.frames))
    #expect(sample.seconds == Double(connection.total.frames - 1))
    let whole = connection.total
    // Of what is encrypted, an acknowledgment that stream decoders wait for.
    let handshake = (frames: opening.frames + 3, bytes: opening.bytes + acknowledgment + ends)
    let none = (frames: 6, bytes: 3 * Connection.bare + hello + ends)
    #expect(
      sample.rows == [
        Connection.row("everything", whole), Connection.row("ENCRYPTED=handshake", handshake),
        Connection.row("ENCRYPTED=none", none), Connection.row("FLOW_DEPTH=64KiB", whole),
        Connection.row("ENCRYPTED=handshake FLOW_DEPTH=64KiB", handshake),
      ])
  }

  /// Frames of a TCP connection, a second apart, and the capture file that they make.
  private struct Connection {
    /// Bytes of a frame without payload.
    static let bare = 54

    private(set) var total = (frames: 0, bytes: 0)
    // Little endian, microseconds, Ethernet.
    private(set) var capture = hex("D4C3B2A1 02000400 00000000 00000000 FFFF0000 01000000")
    private var (client, server) = (UInt32(100), UInt32(5_000))

    static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
      [type, 3, 3] + bigEndian(UInt16(body.count)) + body
    }

    /// Each frame goes out in a datagram of its own: 36 bytes more.
    static func row(_ name: String, _ sum: (frames: Int, bytes: Int)) -> CostReport.Row {
      CostReport.Row(name, datagrams: UInt64(sum.frames), bytes: UInt64(sum.bytes + 36 * sum.frames))
    }

    /// Adds a frame, and returns how many bytes it has.
    @discardableResult
    mutating func send(fromClient isClient: Bool, _ payload: [UInt8] = [], flags: UInt8 = 0x10) -> Int {
      var tcp = TCPBuilder()
      (tcp.sourcePort, tcp.destinationPort) = isClient ? (40_000, 443) : (443, 40_000)
      (tcp.sequence, tcp.acknowledgement) = isClient ? (client, server) : (server, client)
      tcp.flags = flags
      let way = isClient ? Addresses.v4 : Addresses.v4.reversed
      let frame = ethernet(ipv4(way, 6, tcp.segment(way, payload)))
      let taken = UInt32(payload.count) + (flags & 0x03 != 0 ? 1 : 0)
      if isClient { client += taken } else { server += taken }
      func littleEndian(_ value: Int) -> [UInt8] { bigEndian(UInt32(value)).reversed() }
      capture += littleEndian(total.frames) + littleEndian(0) + littleEndian(frame.count) + littleEndian(frame.count)
      capture += frame
      total = (total.frames + 1, total.bytes + frame.count)
      return frame.count
    }
  }
}
