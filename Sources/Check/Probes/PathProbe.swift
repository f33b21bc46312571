import Glibc
import System
import Transport
import Wire

/// Sends probes to a collector and hears what comes of them.
struct PathProbe {
  /// Milliseconds that the first probes have, before another is sent.
  private static let firstPatience: Int64 = 500
  /// Milliseconds that probes have at least, once the way to the collector and back is known.
  private static let patience: Int64 = 150

  private let vni: UInt32
  private let mark: UInt32?
  private let limit: TimeLimit
  private let token = UInt64.random(in: .min ... .max)
  private var evidence: PathEvidence
  /// The socket of each probe and when it was sent, in nanoseconds.
  private var sent: [(socket: ProbeSocket?, time: Int64)] = []

  /// Finds out about the path to `address` until `limit` at the latest. A path on which nothing is heard is listened on
  /// to the end: that nobody answers for an address (ARP, NDP) is known after three seconds.
  ///
  /// - Parameter wanted: bytes of the largest packet that the forwarder would send.
  static func run(
    to address: SocketAddress, from source: SocketAddress, wanted: Int, vni: UInt32, mark: UInt32?,
    until limit: TimeLimit
  ) -> PathEvidence {
    var probe = PathProbe(
      vni: vni, mark: mark, limit: limit, evidence: PathEvidence(address, from: source, wanted: wanted))
    probe.search()
    return probe.evidence
  }

  private init(vni: UInt32, mark: UInt32?, limit: TimeLimit, evidence: PathEvidence) {
    self.vni = vni
    self.mark = mark
    self.limit = limit
    self.evidence = evidence
  }

  private mutating func search() {
    var search = PathSearch()
    while limit.left > 0 {
      let sizes = search.next(evidence)
      guard !sizes.isEmpty else { return }
      for size in sizes { send(size) }
      if evidence.probes.contains(where: { $0.failure != nil && $0.failure?.code != EMSGSIZE }) { return }
      if evidence.largestArrived == nil {
        listen(milliseconds: Self.firstPatience)
        // One datagram may get lost anywhere.
        if !evidence.probes.contains(where: \.isSettled) {
          send(evidence.least)
          listen(milliseconds: Int64(limit.left))
        }
      } else {
        listen(milliseconds: patience)
      }
    }
  }

  /// Milliseconds that a probe has, from what is known of the way.
  private var patience: Int64 { max(Self.patience, (evidence.roundTrip ?? 0) * 4 / 1_000_000) }

  private mutating func send(_ byteCount: Int) {
    var probe = PathEvidence.Probe(byteCount: byteCount)
    let number = UInt16(truncatingIfNeeded: evidence.probes.count)
    var socket: ProbeSocket?
    let time = MonotonicClock.nanoseconds
    do throws(SystemError) {
      let opened = try ProbeSocket(to: evidence.address, mark: mark)
      socket = opened
      try opened.send(
        ProbeFrame(number: number, packetByteCount: UInt16(clamping: byteCount), token: token), vni: vni)
    } catch {
      probe.failure = error
    }
    evidence.probes.append(probe)
    sent.append((socket, time))
  }

  /// Takes in what comes, until everything has been heard of or the time is up. Once something has, the rest has no longer
  /// than `patience`.
  private mutating func listen(milliseconds: Int64) {
    var end = min(limit.end, MonotonicClock.milliseconds + milliseconds)
    var isShortened = evidence.largestArrived != nil
    while true {
      let waiting = evidence.probes.indices.filter { !evidence.probes[$0].isSettled && sent[$0].socket != nil }
      let left = TimeLimit(by: end).left
      guard !waiting.isEmpty, left > 0 else { return }
      var entries = waiting.map { pollfd.readable(sent[$0].socket?.descriptor ?? -1) }
      Polling.wait(&entries, milliseconds: left)
      for (entry, index) in zip(entries, waiting) where entry.revents != 0 { take(index) }
      if !isShortened, evidence.largestArrived != nil {
        isShortened = true
        end = min(end, MonotonicClock.milliseconds + patience)
      }
    }
  }

  /// Takes in what came for one probe.
  private mutating func take(_ index: Int) {
    guard let socket = sent[index].socket else { return }
    evidence.probes[index].reports += socket.reports()
    if let answer = socket.answer(), answer.token == token, Int(answer.number) == index {
      evidence.probes[index].answer = answer
      evidence.probes[index].roundTrip = MonotonicClock.nanoseconds - sent[index].time
    }
  }
}
