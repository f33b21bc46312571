import TestSupport

@testable import Capture

/// What `Exclusions` says, in words as plain as can be: a second opinion on the program.
struct ExclusionModel {
  var ports: [ClosedRange<UInt16>] = []
  /// Addresses in network order with ports.
  var collectors: [([UInt8], UInt16)] = []
  var includesMetadata = false
  static let endpoints =
    [[169, 254, 169, 254], [169, 254, 170, 2], [169, 254, 170, 23]] + [
      hex("fd000ec2000000000000000000000254"), hex("fd000ec2000000000000000000000023"),
    ]

  /// Whether a frame is excluded; false for one that is too short to tell.
  func excludes(_ frame: [UInt8], _ beside: Beside) -> Bool {
    var type = 12
    for tags in 0...2 {
      guard frame.count >= type + 2 else { return false }
      switch frame.word(type) {
      case 0x0800: return excludes(ipv4: Array(frame.dropFirst(type + 2)), beside)
      case 0x86DD: return excludes(ipv6: Array(frame.dropFirst(type + 2)), beside)
      case 0x8100, 0x88A8,
        0x9100 where tags < 2:
        type += 4
      default: return false
      }
    }
    return false
  }

  private func excludes(ipv4 packet: [UInt8], _ beside: Beside) -> Bool {
    guard packet.count >= 20 else { return false }
    let (source, destination) = (packet.slice(12, 4), packet.slice(16, 4))
    if isEndpoint(source) || isEndpoint(destination) { return true }
    guard packet.word(6) & 0x1FFF == 0 else { return false }
    let payload = Array(packet.dropFirst(Int(packet[0] & 15) * 4))
    switch packet[9] {
    case 6: return isCredential(payload, source[0] == 127 || destination[0] == 127)
    case 17: return isOwn(payload, destination, beside)
    case 1:
      guard payload.count >= 28, [3, 4, 5, 11, 12].contains(payload[0]), payload[17] == 17 else { return false }
      let quoted = Array(payload.dropFirst(8))
      return quoted.word(6) & 0x1FFF == 0 && isFromPorts(Array(quoted.dropFirst(Int(quoted[0] & 15) * 4)))
    default: return false
    }
  }

  private func excludes(ipv6 packet: [UInt8], _ beside: Beside) -> Bool {
    guard packet.count >= 40 else { return false }
    let (source, destination) = (packet.slice(8, 16), packet.slice(24, 16))
    if isEndpoint(source) || isEndpoint(destination) { return true }
    let payload = Array(packet.dropFirst(40))
    let loopback = [UInt8](repeating: 0, count: 15) + [1]
    switch packet[6] {
    case 6: return isCredential(payload, source == loopback || destination == loopback)
    case 17: return isOwn(payload, destination, beside)
    case 58:
      guard payload.count >= 48, (1...4).contains(payload[0]), payload[14] == 17 else { return false }
      return isFromPorts(Array(payload.dropFirst(48)))
    default: return false
    }
  }

  private func isEndpoint(_ address: [UInt8]) -> Bool { !includesMetadata && Self.endpoints.contains(address) }

  private func isCredential(_ segment: [UInt8], _ isLoopback: Bool) -> Bool {
    guard !includesMetadata, isLoopback, segment.count >= 4 else { return false }
    return segment.word(0) == 51_679 || segment.word(2) == 51_679
  }

  private func isFromPorts(_ datagram: [UInt8]) -> Bool {
    datagram.count >= 4 && ports.contains { $0.contains(datagram.word(0)) }
  }

  private func isOwn(_ datagram: [UInt8], _ destination: [UInt8], _ beside: Beside) -> Bool {
    guard isFromPorts(datagram) else {
      // What a collector has to say to a forwarder.
      guard datagram.count >= 38, let least = ports.map(\.lowerBound).min(), let most = ports.map(\.upperBound).max()
      else { return false }
      return (least...most).contains(datagram.word(2)) && datagram.word(28) == 0x88B5
        && datagram.long(30) == 0x706B_6677
    }
    if beside.packetType == 4 || beside.hardwareType == 772 { return true }
    return collectors.contains { $0.0 == destination && $0.1 == datagram.word(2) }
  }
}
