import Glibc
import System
import Transport
import Wire

@testable import Check

/// A path that carries packets up to a size, and answers as told.
struct SimulatedPath {
  static let collector = SocketAddress(numeric: "198.51.100.2", port: 4789)!
  static let router = SocketAddress(numeric: "192.0.2.254", port: 0)!
  static let source = SocketAddress(numeric: "192.0.2.1", port: 0)!

  /// Bytes that it carries.
  var carries: Int
  /// Whether a router tells of what is too long.
  var tells = false
  /// Whether `receive` is at its end; else the port is closed.
  var isAnswering = true
  /// Datagrams that a closed port refuses.
  var refusals = Int.max

  static func portUnreachable() -> ICMPReport {
    ICMPReport(meaning: "port unreachable", sender: SocketAddress(numeric: "198.51.100.2", port: 0), code: ECONNREFUSED)
  }

  static func tooBig(_ mtu: Int) -> ICMPReport {
    ICMPReport(meaning: "packet too big", sender: router, code: EMSGSIZE, mtu: mtu)
  }

  /// Searches, and returns what was found and how many rounds it took.
  func evidence(wanted: Int) -> (evidence: PathEvidence, rounds: Int) {
    var evidence = PathEvidence(Self.collector, from: Self.source, wanted: wanted)
    var search = PathSearch()
    var rounds = 0
    var left = refusals
    while true {
      let sizes = search.next(evidence)
      if sizes.isEmpty { return (evidence, rounds) }
      rounds += 1
      for size in sizes {
        var probe = PathEvidence.Probe(byteCount: size)
        if size > carries {
          if tells { probe.reports = [Self.tooBig(carries)] }
        } else if isAnswering {
          let asked = ProbeFrame(number: 0, packetByteCount: UInt16(size), token: 1)
          probe.answer = ProbeFrame(answering: asked, packetByteCount: UInt16(size), isTaken: true)
          probe.roundTrip = 1_234_567
        } else if left > 0 {
          left -= 1
          probe.reports = [Self.portUnreachable()]
        }
        evidence.probes.append(probe)
      }
    }
  }
}
