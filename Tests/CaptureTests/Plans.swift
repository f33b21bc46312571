import TestSupport
import Wire

@testable import Capture

/// The plan of `filter` on `any`, with collectors given as (address, port).
func plan(
  _ filter: String = "", collectors: [(String, UInt16)] = [], includesMetadata: Bool = false, snapLength: Int? = nil
) -> CapturePlan {
  CapturePlan(
    interfaces: .any, filter: filter,
    exclusions: Exclusions(
      collectors: collectors.map { Exclusions.Collector(address: $0.0, port: $0.1) },
      includesMetadata: includesMetadata),
    snapLength: snapLength, bufferByteCount: 1 << 20)
}

extension BPFProgram {
  /// Bytes kept of a whole frame.
  func kept(_ frame: [UInt8]) -> UInt32 { match(frame.span.bytes, wireByteCount: frame.count) }

  func takes(_ frame: [UInt8]) -> Bool { kept(frame) != 0 }
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
