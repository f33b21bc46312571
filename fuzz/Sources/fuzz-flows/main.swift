import Capture
import FuzzSupport
import Wire

@testable import Mirror

// What the flow rules make of the segments of one connection, whatever these hold.
//
// Input: rules; then for each segment its direction and flags, how far its number is behind the last one of its direction, what
// it acknowledges, the payload's length, and the payload.
let memory = GuardedMemory(capacity: 4_096)
let headerByteCount = 14 + 20 + 20

fuzz { data, size in
  var input = FuzzInput(data, size)
  let bits = input.byte()
  var rules = FlowRules()
  rules.encrypted = bits & 1 != 0 ? .handshake : bits & 2 != 0 ? .none : .mirror
  rules.depth = bits & 4 != 0 ? 64 + Int(bits) : nil
  rules.tableByteCount = 1
  guard rules.isOn, var selector = try? FlowSelector(rules) else { return 0 }
  // Numbers that wrap.
  var ends: [UInt32] = [.max - 100, .max - 50]
  while input.count > 0 {
    let kind = input.byte()
    let isServer = kind & 1 != 0
    let flags: UInt8 = kind & 2 != 0 ? 0x10 : input.byte()
    let back = kind & 4 != 0 ? UInt32(input.byte()) : 0
    let sequence = ends[isServer ? 1 : 0] &- back
    let length = min(Int(input.byte()) * (kind & 8 != 0 ? 8 : 1), input.count)
    let frame = memory.take(headerByteCount + length)
    let payload = (0..<length).map { _ in input.byte() }
    fill(frame, payload, isServer: isServer, flags: flags, sequence, acknowledging: ends[isServer ? 0 : 1])
    ends[isServer ? 1 : 0] = sequence &+ UInt32(length)
    let verdict = judge(frame, &selector)
    check(verdict, flags: flags, payloadByteCount: length)
    if kind & 0xC0 == 0xC0 {
      let chosen = selector.chooseHeavy()
      selector.applyHeavy(chosen?.count ?? 0, since: 0)
    }
  }
  return 0
}

/// An IPv4 packet with a TCP segment in an Ethernet frame.
func fill(
  _ frame: UnsafeMutableRawBufferPointer, _ payload: [UInt8], isServer: Bool, flags: UInt8, _ sequence: UInt32,
  acknowledging acknowledgment: UInt32
) {
  for index in frame.indices { frame[index] = 0 }
  let total = frame.count - 14
  (frame[12], frame[14], frame[23]) = (8, 0x45, 6)
  (frame[16], frame[17]) = (UInt8(total >> 8), UInt8(total & 0xFF))
  (frame[29], frame[33]) = isServer ? (1, 2) : (2, 1)
  (frame[35], frame[37]) = isServer ? (80, 99) : (99, 80)
  for index in 0..<4 {
    frame[38 + index] = UInt8(truncatingIfNeeded: sequence >> UInt32(24 - 8 * index))
    frame[42 + index] = UInt8(truncatingIfNeeded: acknowledgment >> UInt32(24 - 8 * index))
  }
  (frame[46], frame[47]) = (0x50, flags)
  for (index, byte) in payload.enumerated() { frame[headerByteCount + index] = byte }
}

func judge(_ frame: UnsafeMutableRawBufferPointer, _ selector: inout FlowSelector) -> FlowVerdict {
  let inner = InnerFrame(
    CapturedFrame(
      start: frame.baseAddress!, byteCount: frame.count, wireByteCount: frame.count, headroom: 0, link: .ethernet,
      interfaceAddress: 0, offload: .unknown))
  let packet = IPPacket(inner.packetBytes, etherType: inner.etherType)
  return selector.judge(inner, packet, inner.flowHash(packet, key: .process), timestamp: 0)
}

func check(_ verdict: FlowVerdict, flags: UInt8, payloadByteCount: Int) {
  switch verdict {
  case .mirrored: break
  case .withheld: require(flags & 7 == 0, "SYN, FIN or RST was withheld")
  case .shortened(let count): require(count > 0 && count < payloadByteCount, "\(count) of \(payloadByteCount)")
  }
}
