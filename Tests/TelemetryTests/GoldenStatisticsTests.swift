import Glibc
import Mirror
import Telemetry
import Testing
import Transport

/// The very bytes of the statistics, as the version before the catalogue of metrics wrote them. A new figure is a new
/// member here, and nothing else changes.
@Suite struct GoldenStatisticsTests {
  private static let json = #"""
    {"blind_milliseconds":1000023,"captured_bytes":1000002,"captured_packets":1000001,\#
    "checksums_filled":1000011,"collectors":[{"address":"192.0.2.1:4789","failed":{"E3":1000027,\#
    "EACCES":1000028,"ENOBUFS":1000029,"EPERM":1000026},"icmp":{"host prohibited":1000031,\#
    "port unreachable":1000030},"last_error":"port unreachable from 192.0.2.10","reports":1000034,"sent_bytes":1000025,\#
    "sent_datagrams":1000024},{"address":"[2001:db8::1]:4790","failed":{},"icmp":{},"last_error":null,\#
    "reports":0,"sent_bytes":0,"sent_datagrams":0}],"destination":"mirror.example.com,[2001:db8::1]:4790",\#
    "dropped_packets":{"cpu":1000033,"loop":1000006,"no_destination":1000007,\#
    "oversize":1000003,"rate":1000004,"sample":1000005,"send":{"E135":1000021,"E3":1000018,"EACCES":1000019,\#
    "ENOBUFS":1000020,"EPERM":1000017}},"dropped_total":11000153,"engine":"ring","final":false,"flow_share":0.125,\#
    "flow_table_evicted":1000047,\#
    "forwarded_packets":1000012,"fragmented_packets":1000009,"host":"app-1\t\r\b\f\u001f\u0000</>",\#
    "interface":"eth0,we\"ird\\/\u0001\#u{7F}\né\#u{2028}🦊","interval":29.996,"kernel_dropped_packets":1000022,\#
    "kernel_withheld_bytes":1000048,"kernel_withheld_flows":null,\#
    "lost_lines":{"log":2000034,"statistics":2000035},"mtu":9000,\#
    "reserve_packets":1000032,"segmented_packets":1000008,"sent_bytes":1000014,"sent_datagrams":1000013,\#
    "task":"0123456789abcdef","time":"2023-11-14T22:13:20.125Z",\#
    "total":{"blind_milliseconds":2000023,"captured_bytes":2000002,"captured_packets":2000001,\#
    "checksums_filled":2000011,"collectors":[{"address":"192.0.2.1:4789","failed":{"E3":2000027,\#
    "EACCES":2000028,"ENOBUFS":2000029,"EPERM":2000026},"icmp":{"host prohibited":2000031,\#
    "port unreachable":2000030},"last_error":"port unreachable from 192.0.2.10","reports":2000034,"sent_bytes":2000025,\#
    "sent_datagrams":2000024},{"address":"[2001:db8::1]:4790","failed":{},"icmp":{},"last_error":null,\#
    "reports":0,"sent_bytes":0,"sent_datagrams":0}],"dropped_packets":{"cpu":2000033,"loop":2000006,"no_destination":2000007,\#
    "oversize":2000003,"rate":2000004,"sample":2000005,"send":{"E135":2000021,"E3":2000018,"EACCES":2000019,\#
    "ENOBUFS":2000020,"EPERM":2000017}},"dropped_total":22000153,"flow_table_evicted":2000047,"forwarded_packets":2000012,\#
    "fragmented_packets":2000009,"kernel_dropped_packets":2000022,\#
    "kernel_withheld_bytes":2000048,"reserve_packets":2000032,"segmented_packets":2000008,\#
    "sent_bytes":2000014,"sent_datagrams":2000013,"truncated_packets":2000010,\#
    "withheld_bytes":{"depth":2000045,"encrypted":2000044,"other_side":2000046},\#
    "withheld_packets":{"depth":2000042,"encrypted":2000041,"other_side":2000043}},"truncated_packets":1000010,\#
    "unhealthy":"no destination: \"name\" has no address","version":"0.1.0",\#
    "withheld_bytes":{"depth":1000045,"encrypted":1000044,"other_side":1000046},\#
    "withheld_packets":{"depth":1000042,"encrypted":1000041,"other_side":1000043},"withheld_share":1,"zone":"eu-west-1b"}
    """#

  private static let emptyJSON = #"""
    {"blind_milliseconds":0,"captured_bytes":0,"captured_packets":0,"checksums_filled":0,"collectors":[],\#
    "destination":"","dropped_packets":{"cpu":0,"loop":0,"no_destination":0,"oversize":0,"rate":0,"sample":0,"send":{}},\#
    "dropped_total":0,"engine":"ring","final":false,"flow_share":1,"flow_table_evicted":0,"forwarded_packets":0,"fragmented_packets":0,"host":"",\#
    "interface":"","interval":30,"kernel_dropped_packets":0,"kernel_withheld_bytes":0,"kernel_withheld_flows":null,\#
    "lost_lines":{"log":0,"statistics":0},"mtu":0,"reserve_packets":0,"segmented_packets":0,"sent_bytes":0,\#
    "sent_datagrams":0,"task":null,"time":"1970-01-01T00:00:00.000Z",\#
    "total":{"blind_milliseconds":0,"captured_bytes":0,"captured_packets":0,"checksums_filled":0,\#
    "collectors":[],"dropped_packets":{"cpu":0,"loop":0,"no_destination":0,"oversize":0,"rate":0,"sample":0,"send":{}},\#
    "dropped_total":0,"flow_table_evicted":0,"forwarded_packets":0,"fragmented_packets":0,"kernel_dropped_packets":0,\#
    "kernel_withheld_bytes":0,\#
    "reserve_packets":0,"segmented_packets":0,"sent_bytes":0,"sent_datagrams":0,"truncated_packets":0,\#
    "withheld_bytes":{"depth":0,"encrypted":0,"other_side":0},\#
    "withheld_packets":{"depth":0,"encrypted":0,"other_side":0}},"truncated_packets":0,\#
    "unhealthy":null,"version":"0.1.0","withheld_bytes":{"depth":0,"encrypted":0,"other_side":0},\#
    "withheld_packets":{"depth":0,"encrypted":0,"other_side":0},"withheld_share":0,"zone":null}
    """#

  private static let dropped =
    "dropped 11000153 (oversize 1000003, rate 1000004, cpu 1000033, sample 1000005, loop 1000006, no destination 1000007, "
    + "EPERM 1000017, E3 1000018, EACCES 1000019, ENOBUFS 1000020, E135 1000021)"
  private static let withheld =
    "withheld 3000126 (encrypted 1000041, depth 1000042, other side 1000043) 3.0 MB, "
    + "in the kernel about 1.0 MB, flows evicted 1000047"
  private static let text =
    "30.0s \(Fixture.oddInterface) ring mtu 9000 flow share 0.125, captured 1000001 (33338/s) 1.0 MB (266.7 kbit/s), "
    + "forwarded 1000012, sent 1000013 datagrams 1.0 MB, \(dropped), \(withheld), kernel dropped 1000022, "
    + "by the reserve 1000032, segmented 1000008, fragmented 1000009, truncated 1000010, checksums filled 1000011, "
    + "blind 1000023 ms"

  /// Nothing captured, no collector, no names.
  private static func nothing(isFinal: Bool) -> StatisticsReport {
    let status = Fixture.status(Counters(), interface: "", host: "", mtu: nil, time: 0)
    return StatisticsReport(status, since: Counters(), [], milliseconds: 30_000, isFinal: isFinal)
  }

  @Test func jsonIsByteForByteWhatItWas() throws {
    #expect(try Fixture.oddReport().json == Self.json)
    let final = Self.json.replacing("\"final\":false", with: "\"final\":true")
    #expect(try Fixture.oddReport(isFinal: true).json == final)
    #expect(Self.nothing(isFinal: false).json == Self.emptyJSON)
  }

  @Test func textIsByteForByteWhatItWas() throws {
    #expect(try Fixture.oddReport().text == "2023-11-14T22:13:20Z stats " + Self.text)
    let total = ", total captured 2000001 forwarded 2000012 kernel dropped 2000022"
    #expect(try Fixture.oddReport(isFinal: true).text == "2023-11-14T22:13:20Z final " + Self.text + total)
    // What is 0 is left out, but that nothing was captured.
    #expect(
      Self.nothing(isFinal: true).text == "1970-01-01T00:00:00Z final 30.0s  ring mtu 0, captured 0, total captured 0")
  }
}

extension Fixture {
  /// Every counter that there is, from `base` + 1 on.
  static func counters(_ base: UInt64) -> Counters {
    var counters = Counters()
    counters.capture.captured = base + 1
    counters.capture.capturedBytes = base + 2
    counters.capture.droppedOversize = base + 3
    counters.capture.droppedRate = base + 4
    counters.capture.droppedCPU = base + 33
    counters.capture.droppedSample = base + 5
    counters.capture.droppedLoop = base + 6
    counters.capture.droppedNoDestination = base + 7
    counters.capture.withheldEncrypted = base + 41
    counters.capture.withheldDepth = base + 42
    counters.capture.withheldOtherSide = base + 43
    counters.capture.withheldEncryptedBytes = base + 44
    counters.capture.withheldDepthBytes = base + 45
    counters.capture.withheldOtherSideBytes = base + 46
    counters.capture.evictedFlows = base + 47
    counters.capture.kernelWithheldBytes = base + 48
    counters.capture.segmented = base + 8
    counters.capture.fragmented = base + 9
    counters.capture.truncated = base + 10
    counters.capture.checksumsFilled = base + 11
    counters.send.forwardedFrames = base + 12
    counters.send.sentDatagrams = base + 13
    counters.send.sentBytes = base + 14
    counters.send.repeatedSends = base + 15
    counters.send.sendCalls = base + 16
    for (offset, code) in [EPERM, 3, EACCES, ENOBUFS, 135].enumerated() {
      counters.send.addDropped(base + 17 + UInt64(offset), code: code)
    }
    counters.kernelDropped = base + 22
    counters.blindMilliseconds = base + 23
    counters.reserveFrames = base + 32
    return counters
  }
}
