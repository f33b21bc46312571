import Wire

/// The part of a filter that lets a share of all flows in: `ShareHash` and a comparison, behind the user's program, so
/// that only frames that it takes are hashed.
///
/// A frame that has no hash is let in. While it runs, X is the offset of the header being looked at; a load behind the
/// end of a packet rejects it, so every load is preceded by a look at the length.
struct ShareProgram {
  private static let sourceCell: UInt32 = 0
  private static let destinationCell: UInt32 = 1
  private static let portsCell: UInt32 = 2
  private static let nextCell: UInt32 = 3

  private var code = BPFAssembler()
  private let share: FlowShare
  private let take, ipv4, ipv6, ports, judge: BPFAssembler.Label

  /// `user`, and behind it the share of what it takes. The user's program must not return A, which libpcap's never do.
  static func program(_ share: FlowShare, _ layer: ExclusionProgram.Layer, after user: BPFProgram) -> BPFProgram {
    guard !share.isAll else { return user }
    var program = ShareProgram(share)
    program.emit(layer)
    return user.followed(by: program.code.assemble())
  }

  private init(_ share: FlowShare) {
    self.share = share
    take = code.label()
    ipv4 = code.label()
    ipv6 = code.label()
    ports = code.label()
    judge = code.label()
  }

  private mutating func emit(_ layer: ExclusionProgram.Layer) {
    code.findNetworkHeader(layer, ipv4: ipv4, ipv6: ipv6, otherwise: take)
    emitIPv6()
    emitIPv4()
    code.place(ports)
    code.require(4, otherwise: take)
    code.append(.load(.word, fromX: 0), .store(cell: Self.portsCell))
    code.place(judge)
    emitJudgement()
    code.place(take)
    code.append(.keep(BPFProgram.wholeFrame))
  }

  private mutating func emitIPv4() {
    code.place(ipv4)
    code.require(UInt32(IPv4Header.minimumByteCount), otherwise: take)
    code.append(.load(value: 0), .store(cell: Self.portsCell))
    code.append(.load(.word, fromX: UInt32(IPv4Header.source.offset)), .store(cell: Self.sourceCell))
    code.append(.load(.word, fromX: UInt32(IPv4Header.destination.offset)), .store(cell: Self.destinationCell))
    code.append(.load(.half, fromX: UInt32(IPv4Header.flagsAndOffset.offset)))
    code.jump(if: .anyBit, UInt32(IPv4Header.moreFragments | IPv4Header.offsetMask), to: judge)
    code.append(.load(.byte, fromX: UInt32(IPv4Header.upperProtocol.offset)))
    let behind = code.label()
    emitPorts(to: behind, otherwise: judge)
    code.place(behind)
    code.append(.load(.byte, fromX: 0), .and(0x0F), .shiftLeft(2), .addX, .copyToX)
  }

  private mutating func emitIPv6() {
    code.place(ipv6)
    code.require(UInt32(IPv6Header.byteCount), otherwise: take)
    code.append(.load(value: 0), .store(cell: Self.portsCell))
    emitFolded(at: IPv6Header.sourceHigh.offset, into: Self.sourceCell)
    emitFolded(at: IPv6Header.destinationHigh.offset, into: Self.destinationCell)
    code.append(.load(.byte, fromX: UInt32(IPv6Header.nextHeader.offset)), .store(cell: Self.nextCell))
    code.append(.copyFromX, .add(UInt32(IPv6Header.byteCount)), .copyToX, .load(cell: Self.nextCell))
    for _ in 0..<ShareHash.maximumExtensions { emitStep() }
    emitPorts(to: ports, otherwise: judge)
  }

  /// With the next header's number in A and its offset in X: over it, if it is one that is stepped over.
  private mutating func emitStep() {
    let (over, done) = (code.label(), code.label())
    code.jump(if: .equal, UInt32(IPProtocol.hopByHop), to: over)
    code.jump(if: .equal, UInt32(IPProtocol.routing), to: over)
    code.jump(if: .equal, UInt32(IPProtocol.destinationOptions), to: over, otherwise: done)
    code.place(over)
    code.require(2, otherwise: take)
    code.append(.load(.byte, fromX: UInt32(IPv6Extension.nextHeader.offset)), .store(cell: Self.nextCell))
    code.append(.load(.byte, fromX: UInt32(IPv6Extension.length.offset)), .add(1), .shiftLeft(3), .addX, .copyToX)
    code.append(.load(cell: Self.nextCell))
    code.place(done)
  }

  /// With the protocol's number in A.
  private mutating func emitPorts(to found: BPFAssembler.Label, otherwise: BPFAssembler.Label) {
    let numbers = (UInt8.min...UInt8.max).filter { IPProtocol.hasPorts($0) }
    for (index, number) in numbers.enumerated() {
      code.jump(if: .equal, UInt32(number), to: found, otherwise: index == numbers.count - 1 ? otherwise : nil)
    }
  }

  private mutating func emitFolded(at offset: Int, into cell: UInt32) {
    code.append(.load(.word, fromX: UInt32(offset)))
    for word in 1..<4 {
      code.append(.multiply(ShareHash.foldFactor), .store(cell: cell))
      code.append(.storeX(cell: Self.nextCell), .load(.word, fromX: UInt32(offset + 4 * word)))
      code.append(.loadX(cell: cell), .addX, .loadX(cell: Self.nextCell))
    }
    code.append(.store(cell: cell))
  }

  /// With addresses and ports in their cells: the hash, and whether it is in the share.
  private mutating func emitJudgement() {
    code.append(.load(cell: Self.portsCell), .shiftRight(16), .multiply(ShareHash.portFactor))
    code.append(.loadX(cell: Self.sourceCell), .exclusiveOrX)
    emitMix(ShareHash.endpointFactor)
    code.append(.store(cell: Self.sourceCell))
    code.append(.load(cell: Self.portsCell), .and(0xFFFF), .multiply(ShareHash.portFactor))
    code.append(.loadX(cell: Self.destinationCell), .exclusiveOrX)
    emitMix(ShareHash.endpointFactor)
    code.append(.loadX(cell: Self.sourceCell), .addX)
    emitMix(ShareHash.sumFactor)
    emitMix(ShareHash.endpointFactor)
    code.jump(if: .atLeast, UInt32(share.threshold), otherwise: take)
    code.append(.keep(0))
  }

  private mutating func emitMix(_ factor: UInt32) {
    code.append(.copyToX, .shiftRight(ShareHash.firstShift), .exclusiveOrX, .multiply(factor))
    code.append(.copyToX, .shiftRight(ShareHash.secondShift), .exclusiveOrX)
  }
}
