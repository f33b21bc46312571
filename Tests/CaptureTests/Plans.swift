import System
import TestSupport
import Wire

@testable import Capture

/// The plan of `filter` on `any`, with collectors given as (address, port).
func plan(
  _ filter: String = "", collectors: [(String, UInt16)] = [], sourcePorts: [ClosedRange<UInt16>] = [],
  mark: UInt32? = nil, includesMetadata: Bool = false, snapLength: Int? = nil
) -> CapturePlan {
  var exclusions = Exclusions(
    collectors: collectors.map { SocketAddress(numeric: $0.0, port: $0.1)! }, includesMetadata: includesMetadata)
  exclusions.sourcePorts = sourcePorts
  exclusions.mark = mark
  return CapturePlan(
    interfaces: .any, filter: filter, exclusions: exclusions, snapLength: snapLength, bufferByteCount: 1 << 20)
}

/// What the kernel keeps beside a packet.
struct Beside {
  var interface: UInt32 = 1
  /// ARPHRD_ETHER.
  var hardwareType: UInt32 = 1
  /// PACKET_HOST; PACKET_OUTGOING is 4.
  var packetType: UInt32 = 0
  var mark: UInt32 = 0

  static let outgoing = Beside(packetType: 4)
  /// The copy of a loopback frame that comes in.
  static let loopback = Beside(hardwareType: 772)
}

extension BPFProgram {
  /// Bytes kept of a whole frame that has no metadata.
  func kept(_ frame: [UInt8]) -> UInt32 { match(frame.span.bytes, wireByteCount: frame.count) }

  func takes(_ frame: [UInt8]) -> Bool { kept(frame) != 0 }

  /// The program with its loads of metadata replaced by `beside`, as libpcap's interpreter knows none.
  func on(_ beside: Beside) -> BPFProgram {
    replacing([
      .interfaceIndex: beside.interface, .hardwareType: beside.hardwareType, .packetType: beside.packetType,
      .mark: beside.mark,
    ])
  }
}

extension Addresses {
  /// From numeric IPv4 texts.
  init(_ source: String, _ destination: String) {
    let bytes = { (text: String) in text.split(separator: ".").map { UInt8($0)! } }
    self.init(bytes(source), bytes(destination))
  }
}

/// 2001:db8::1 and so on.
func v6Address(_ last: UInt8) -> [UInt8] { hex("20010db8000000000000000000000000").dropLast() + [last] }
