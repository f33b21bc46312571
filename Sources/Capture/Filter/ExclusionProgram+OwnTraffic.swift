import CLinux
import System
import Wire

extension ExclusionProgram {
  /// Collectors of one family, by port.
  private typealias Collectors<Address> = [(port: UInt32, addresses: [Address])]

  /// An ICMP error (RFC 792: destination unreachable, source quench, redirect, time exceeded, parameter problem) that
  /// quotes a UDP datagram: moves X to its UDP header and goes on behind. X is the offset of the ICMP header.
  mutating func emitICMP() {
    let quotes = code.label()
    require(8 + 20)
    code.append(.load(.byte, fromX: 0))
    code.jump(if: .greater, 12, to: take)
    code.jump(if: .atLeast, 11, to: quotes)
    code.jump(if: .greater, 5, to: take)
    code.jump(if: .atLeast, 3, otherwise: take)
    code.place(quotes)
    code.append(.load(.byte, fromX: 8 + 9))
    code.jump(if: .equal, UInt32(IPProtocol.udp), otherwise: take)
    code.append(.load(.half, fromX: 8 + 6))
    code.jump(if: .anyBit, 0x1FFF, to: take)
    code.append(.load(.byte, fromX: 8), .and(0x0F), .shiftLeft(2), .add(8), .addX, .copyToX)
  }

  /// An ICMPv6 error (RFC 4443: types 1 to 4) that quotes a UDP datagram; as for ICMP, but jumps to `udp`.
  mutating func emitICMPv6(udp: BPFAssembler.Label) {
    require(8 + 40)
    code.append(.load(.byte, fromX: 0))
    code.jump(if: .equal, 0, to: take)
    code.jump(if: .greater, 4, to: take)
    code.append(.load(.byte, fromX: 8 + 6))
    code.jump(if: .equal, UInt32(IPProtocol.udp), otherwise: take)
    code.append(.copyFromX, .add(8 + 40), .copyToX)
    code.jump(to: udp)
  }

  /// UDP from one of the source ports. X is the offset of the UDP header, which may lie behind the packet's end.
  mutating func emitSourcePorts() {
    let own = code.label()
    let reply = code.label()
    code.append(.loadLength)
    code.jump(if: .atLeastX, otherwise: take)
    code.append(.subtractX)
    code.jump(if: .atLeast, 4, otherwise: take)
    code.append(.load(.half, fromX: 0))
    emitRanges(hit: own, miss: reply)
    code.place(reply)
    emitReply()
    code.place(own)
    emitOwn()
  }

  /// Goes on by whether the accumulator is one of the source ports.
  private mutating func emitRanges(hit: BPFAssembler.Label, miss: BPFAssembler.Label) {
    for (index, range) in ranges.enumerated() {
      // What is above this range may be in one of those that follow.
      let next = index == ranges.count - 1 ? miss : nil
      if range.count == 1 {
        code.jump(if: .equal, UInt32(range.lowerBound), to: hit, otherwise: next)
      } else {
        code.jump(if: .atLeast, UInt32(range.lowerBound), otherwise: miss)
        code.jump(if: .greater, UInt32(range.upperBound), to: next, otherwise: hit)
      }
    }
  }

  /// What a collector says to a forwarder (`ControlFrame`): it comes to one of the source ports (between the lowest and
  /// the highest, which keeps the program short), and no application's datagram looks like it; one that is quoted is
  /// none. X is the offset of the UDP header.
  private mutating func emitReply() {
    let comes = code.label()
    code.append(.load(cell: Self.kindCell))
    code.jump(if: .equal, Kind.udp4, to: comes)
    code.jump(if: .equal, Kind.udp6, otherwise: take)
    code.place(comes)
    let frame = UInt32(UDPHeader.byteCount + Tunnel.headerByteCount)
    require(frame + UInt32(ControlFrame.headByteCount))
    code.append(.load(.half, fromX: UInt32(UDPHeader.destinationPort.offset)))
    // Not called without ranges.
    code.jump(if: .atLeast, UInt32(ranges[0].lowerBound), otherwise: take)
    code.jump(if: .greater, UInt32(ranges[ranges.count - 1].upperBound), to: take)
    code.append(.load(.half, fromX: frame + UInt32(ControlFrame.etherTypeField.offset)))
    code.jump(if: .equal, UInt32(ControlFrame.etherType), otherwise: take)
    code.append(.load(.word, fromX: frame + UInt32(ControlFrame.magicField.offset)))
    code.jump(if: .equal, ControlFrame.magic, to: reject, otherwise: take)
  }

  /// A datagram with one of our source ports: ours if it leaves from here, if it is a quotation, or if it comes to one
  /// of the collectors. Anybody else may use the same port.
  private mutating func emitOwn() {
    let sent = code.label()
    code.append(.load(cell: Self.kindCell))
    code.jump(if: .equal, Kind.udp4, to: sent)
    code.jump(if: .equal, Kind.udp6, otherwise: reject)
    code.place(sent)
    code.append(.load(.packetType))
    code.jump(if: .equal, UInt32(PACKET_OUTGOING), to: reject)
    // Of loopback's frames the copy that comes in is taken; it was sent here all the same.
    code.append(.load(.hardwareType))
    let collectors = exclusions.collectors
    code.jump(
      if: .equal, UInt32(NetworkInterface.loopbackType), to: reject, otherwise: collectors.isEmpty ? take : nil)
    guard !collectors.isEmpty else { return }
    let ipv4 = byPort(collectors.compactMap { collector in collector.ipv4Word.map { (UInt32(collector.port), $0) } })
    let ipv6 = byPort(collectors.compactMap { collector in collector.ipv6Words.map { (UInt32(collector.port), $0) } })
    let other = code.label()
    code.append(.load(cell: Self.kindCell))
    code.jump(if: .equal, Kind.udp4, otherwise: ipv6.isEmpty ? take : other)
    if ipv4.isEmpty {
      code.jump(to: take)
    } else {
      emitCollectors(ipv4) { program, addresses in
        program.code.append(.load(.word, fromX: 16))
        for (index, address) in addresses.enumerated() {
          let miss = index == addresses.count - 1 ? program.take : nil
          program.code.jump(if: .equal, address, to: program.reject, otherwise: miss)
        }
      }
    }
    code.place(other)
    if !ipv6.isEmpty {
      emitCollectors(ipv6) { program, addresses in program.emitMatch(addresses, at: 24, otherwise: program.take) }
    }
  }

  /// Compares the destination port, then by `emitAddresses` the destination address (X: offset of the IP header).
  private mutating func emitCollectors<Address>(
    _ collectors: Collectors<Address>, _ emitAddresses: (inout ExclusionProgram, [Address]) -> Void
  ) {
    let targets = collectors.map { _ in code.label() }
    code.append(.load(.half, fromX: 2), .loadX(cell: Self.headerCell))
    for (index, collector) in collectors.enumerated() {
      let miss = index == collectors.count - 1 ? take : nil
      code.jump(if: .equal, collector.port, to: targets[index], otherwise: miss)
    }
    for (collector, target) in zip(collectors, targets) {
      code.place(target)
      emitAddresses(&self, collector.addresses)
    }
  }

  private func byPort<Address>(_ collectors: [(UInt32, Address)]) -> Collectors<Address> {
    Dictionary(grouping: collectors) { $0.0 }.map { (port: $0.key, addresses: $0.value.map(\.1)) }
      .sorted { $0.port < $1.port }
  }
}
