import Foundation

/// The counters of a statistics line (STAT_FORMAT=json), of one interval or of the whole run.
struct Counters: Decodable, Equatable {
  struct Dropped: Decodable, Equatable {
    var oversize: Int
    var rate: Int
    var cpu: Int
    var sample: Int
    var loop: Int
    var noDestination: Int
    /// By errno's name.
    var send: [String: Int]

    var all: Int { oversize + rate + cpu + sample + loop + noDestination + send.values.reduce(0, +) }
  }

  /// By rule.
  struct Withheld: Decodable, Equatable {
    var encrypted: Int
    var depth: Int
    var otherSide: Int

    var all: Int { encrypted + depth + otherSide }

    static func + (a: Withheld, b: Withheld) -> Withheld {
      Withheld(
        encrypted: a.encrypted + b.encrypted, depth: a.depth + b.depth, otherSide: a.otherSide + b.otherSide)
    }
  }

  var capturedPackets: Int
  var capturedBytes: Int
  var forwardedPackets: Int
  var sentDatagrams: Int
  var sentBytes: Int
  var kernelDroppedPackets: Int
  /// Captured frames that came by the ring's reserve.
  var reservePackets: Int
  var droppedPackets: Dropped
  var segmentedPackets: Int
  var fragmentedPackets: Int
  var truncatedPackets: Int
  var checksumsFilled: Int
  var blindMilliseconds: Int
  var droppedTotal: Int
  var withheldPackets: Withheld
  var withheldBytes: Withheld
  /// As estimated.
  var kernelWithheldBytes: Int
  var flowTableEvicted: Int

  /// Every captured frame is forwarded, or dropped or withheld for a reason that has a counter.
  var isBalanced: Bool {
    capturedPackets == forwardedPackets + droppedPackets.all + withheldPackets.all && droppedTotal == droppedPackets.all
  }

  static let zero = Counters(
    capturedPackets: 0, capturedBytes: 0, forwardedPackets: 0, sentDatagrams: 0, sentBytes: 0,
    kernelDroppedPackets: 0, reservePackets: 0,
    droppedPackets: Dropped(oversize: 0, rate: 0, cpu: 0, sample: 0, loop: 0, noDestination: 0, send: [:]),
    segmentedPackets: 0, fragmentedPackets: 0, truncatedPackets: 0, checksumsFilled: 0, blindMilliseconds: 0,
    droppedTotal: 0, withheldPackets: Withheld(encrypted: 0, depth: 0, otherSide: 0),
    withheldBytes: Withheld(encrypted: 0, depth: 0, otherSide: 0), kernelWithheldBytes: 0, flowTableEvicted: 0)

  static func + (a: Counters, b: Counters) -> Counters {
    let (x, y) = (a.droppedPackets, b.droppedPackets)
    return Counters(
      capturedPackets: a.capturedPackets + b.capturedPackets,
      capturedBytes: a.capturedBytes + b.capturedBytes,
      forwardedPackets: a.forwardedPackets + b.forwardedPackets,
      sentDatagrams: a.sentDatagrams + b.sentDatagrams,
      sentBytes: a.sentBytes + b.sentBytes,
      kernelDroppedPackets: a.kernelDroppedPackets + b.kernelDroppedPackets,
      reservePackets: a.reservePackets + b.reservePackets,
      droppedPackets: Dropped(
        oversize: x.oversize + y.oversize, rate: x.rate + y.rate, cpu: x.cpu + y.cpu,
        sample: x.sample + y.sample,
        loop: x.loop + y.loop,
        noDestination: x.noDestination + y.noDestination,
        send: x.send.merging(y.send, uniquingKeysWith: +).filter { $0.value != 0 }),
      segmentedPackets: a.segmentedPackets + b.segmentedPackets,
      fragmentedPackets: a.fragmentedPackets + b.fragmentedPackets,
      truncatedPackets: a.truncatedPackets + b.truncatedPackets,
      checksumsFilled: a.checksumsFilled + b.checksumsFilled,
      blindMilliseconds: a.blindMilliseconds + b.blindMilliseconds,
      droppedTotal: a.droppedTotal + b.droppedTotal,
      withheldPackets: a.withheldPackets + b.withheldPackets, withheldBytes: a.withheldBytes + b.withheldBytes,
      kernelWithheldBytes: a.kernelWithheldBytes + b.kernelWithheldBytes,
      flowTableEvicted: a.flowTableEvicted + b.flowTableEvicted)
  }
}

/// One line of STAT_FORMAT=json.
struct StatisticsLine: Decodable {
  /// Lines that could not be written since the start.
  struct LostLines: Decodable, Equatable {
    var log: Int
    var statistics: Int
  }

  /// What went to one collector.
  struct Collector: Decodable {
    var address: String
    var sentDatagrams: Int
    var sentBytes: Int
    /// By errno's name.
    var failed: [String: Int]
    /// By what the message says.
    var icmp: [String: Int]
    var lastError: String?
    /// Reports sent beside what is mirrored.
    var reports: Int
  }

  /// Without counters.
  private struct Header: Decodable {
    var time: String
    var interval: Double
    var final: Bool
    var interface: String
    var engine: String
    var mtu: Int
    var flowShare: Double
    var lostLines: LostLines
    var unhealthy: String?
    var version: String
    var host: String
    var collectors: [Collector]
    var total: Counters
  }

  var time: String
  /// Measured, in seconds.
  var interval: Double
  /// Whether it is the last line of the run.
  var final: Bool
  var interface: String
  var engine: String
  var mtu: Int
  /// Share of the flows that is let in, 0 ... 1.
  var flowShare: Double
  var lostLines: LostLines
  /// Why it does not do its work; nil while it does.
  var unhealthy: String?
  var version: String
  var host: String
  /// Of this interval.
  var collectors: [Collector]
  /// Of this interval.
  var counters: Counters
  /// Since the start.
  var total: Counters

  init(from decoder: any Decoder) throws {
    let header = try Header(from: decoder)
    time = header.time
    interval = header.interval
    final = header.final
    interface = header.interface
    engine = header.engine
    mtu = header.mtu
    flowShare = header.flowShare
    lostLines = header.lostLines
    unhealthy = header.unhealthy
    version = header.version
    host = header.host
    collectors = header.collectors
    total = header.total
    counters = try Counters(from: decoder)
  }

  /// All lines of a forwarder's standard output; anything that is not such a line throws.
  static func lines(of output: String) throws -> [StatisticsLine] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try output.split(separator: "\n").map {
      do {
        return try decoder.decode(StatisticsLine.self, from: Data($0.utf8))
      } catch {
        throw Failure("not a statistics line: \($0): \(error)")
      }
    }
  }
}
