import Wire

/// The part of a filter that rejects what is never taken (`Exclusions`), written instruction by instruction in front of
/// the user's program, so that nothing in the user's expression can reach it.
///
/// A frame that ends before it can be judged is left to the user's program: a load behind the end of a packet rejects
/// it, so every load is preceded by a look at the length. While it runs, X is the offset of the header being looked at.
struct ExclusionProgram {
  /// Where the bytes of a packet begin.
  enum Layer {
    /// With an Ethernet header; up to two VLAN tags may follow, beside the one that the kernel keeps as metadata.
    case ethernet
    /// With an IP header.
    case raw
  }

  /// Offset of the IP header whose addresses count.
  static let headerCell: UInt32 = 0
  /// What the datagram is: one of `Kind`.
  static let kindCell: UInt32 = 1

  /// An IP version and protocol number, as `kindCell` keeps them.
  enum Kind {
    static let version6: UInt32 = 0x100
    static let tcp4 = UInt32(IPProtocol.tcp)
    static let udp4 = UInt32(IPProtocol.udp)
    static let icmp4 = UInt32(IPProtocol.icmp)
    static let tcp6 = version6 | UInt32(IPProtocol.tcp)
    static let udp6 = version6 | UInt32(IPProtocol.udp)
    static let icmp6 = version6 | UInt32(IPProtocol.icmpv6)
  }

  var code = BPFAssembler()
  let exclusions: Exclusions
  /// The source ports in ascending order, none in two ranges.
  let ranges: [ClosedRange<UInt16>]
  /// To the user's program, and to the end.
  let take, reject: BPFAssembler.Label
  private let ipv4, ipv6, tcp, udp, icmp4, icmp6: BPFAssembler.Label

  /// `user` behind the instructions that reject what `exclusions` lists. The mark is not among these: see
  /// `BPFProgram.rejecting(mark:)`.
  static func program(_ exclusions: Exclusions, _ layer: Layer, before user: BPFProgram) -> BPFProgram {
    var program = ExclusionProgram(exclusions)
    guard !exclusions.includesMetadata || !program.ranges.isEmpty else { return user }
    program.emit(layer)
    program.code.append(user.instructions)
    return BPFProgram(instructions: program.code.assemble())
  }

  private init(_ exclusions: Exclusions) {
    self.exclusions = exclusions
    ranges = PortRanges.merged(exclusions.sourcePorts)
    take = code.label()
    reject = code.label()
    ipv4 = code.label()
    ipv6 = code.label()
    tcp = code.label()
    udp = code.label()
    icmp4 = code.label()
    icmp6 = code.label()
  }

  private mutating func emit(_ layer: Layer) {
    switch layer {
    case .ethernet: emitEthernet()
    case .raw: emitRaw()
    }
    emitIPv4()
    emitIPv6()
    if !exclusions.includesMetadata {
      code.place(tcp)
      emitCredentialPort()
    }
    if !ranges.isEmpty {
      code.place(icmp6)
      emitICMPv6(udp: udp)
      code.place(icmp4)
      emitICMP()
      code.place(udp)
      emitSourcePorts()
    }
    code.place(reject)
    code.append(.keep(0))
    code.place(take)
    // As the kernel starts a program.
    code.append(.load(value: 0), .copyToX)
  }

  /// Goes to the user's program unless the packet has `count` bytes from X on; X must not lie behind its end.
  mutating func require(_ count: UInt32) {
    code.append(.loadLength, .subtractX)
    code.jump(if: .atLeast, count, otherwise: take)
  }

  private mutating func emitEthernet() {
    let tags = [EtherType.vlan, EtherType.serviceVLAN, EtherType.oldServiceVLAN].map { UInt32($0) }
    let last: UInt32 = 20
    for type: UInt32 in [12, 16, 20] {
      code.append(.loadLength)
      code.jump(if: .atLeast, type + 2, otherwise: take)
      code.append(.loadX(value: type + 2), .load(.half, at: type))
      code.jump(if: .equal, UInt32(EtherType.ipv4), to: ipv4)
      code.jump(if: .equal, UInt32(EtherType.ipv6), to: ipv6, otherwise: type == last ? take : nil)
      guard type < last else { break }
      let inner = code.label()
      code.jump(if: .equal, tags[0], to: inner)
      code.jump(if: .equal, tags[1], to: inner)
      code.jump(if: .equal, tags[2], otherwise: take)
      code.place(inner)
    }
  }

  private mutating func emitRaw() {
    code.append(.loadLength)
    code.jump(if: .atLeast, 1, otherwise: take)
    code.append(.loadX(value: 0), .load(.byte, at: 0), .and(0xF0))
    code.jump(if: .equal, 0x40, to: ipv4)
    code.jump(if: .equal, 0x60, to: ipv6, otherwise: take)
  }

  private mutating func emitIPv4() {
    code.place(ipv4)
    require(20)
    if !exclusions.includesMetadata {
      for address: UInt32 in [12, 16] {
        code.append(.load(.word, fromX: address))
        for endpoint in Exclusions.metadataAddresses.ipv4 { code.jump(if: .equal, endpoint, to: reject) }
      }
    }
    code.append(.load(.half, fromX: 6))
    // Of a datagram in fragments only the first has ports.
    code.jump(if: .anyBit, 0x1FFF, to: take)
    code.append(.storeX(cell: Self.headerCell), .load(.byte, fromX: 9), .store(cell: Self.kindCell))
    code.append(.load(.byte, fromX: 0), .and(0x0F), .shiftLeft(2), .addX, .copyToX, .loadLength)
    code.jump(if: .atLeastX, otherwise: take)
    emitProtocols([(Kind.tcp4, tcp), (Kind.udp4, udp), (Kind.icmp4, icmp4)])
  }

  private mutating func emitIPv6() {
    code.place(ipv6)
    require(40)
    if !exclusions.includesMetadata {
      for address: UInt32 in [8, 24] {
        let other = code.label()
        emitMatch(Exclusions.metadataAddresses.ipv6, at: address, otherwise: other)
        code.place(other)
      }
    }
    code.append(.storeX(cell: Self.headerCell), .load(.byte, fromX: 6), .or(Kind.version6), .store(cell: Self.kindCell))
    code.append(.copyFromX, .add(40), .copyToX)
    emitProtocols([(Kind.tcp6, tcp), (Kind.udp6, udp), (Kind.icmp6, icmp6)])
  }

  /// Goes on by protocol, where there is anything to look at.
  private mutating func emitProtocols(_ all: [(UInt32, BPFAssembler.Label)]) {
    let wanted = all.filter { $0.1 == tcp ? !exclusions.includesMetadata : !ranges.isEmpty }
    code.append(.load(cell: Self.kindCell))
    for (index, (kind, label)) in wanted.enumerated() {
      code.jump(if: .equal, kind, to: label, otherwise: index == wanted.count - 1 ? take : nil)
    }
  }
}
