import Wire

/// The part of a filter that keeps out flows that are not worth capturing, behind everything else, so that only frames
/// that would be captured are looked at.
///
/// Ports lead to a flow by a binary search, so that a frame of any other flow costs a few comparisons. What cannot be
/// judged is captured: fragments, extension headers, what ends too early. While it runs, X is the offset of the header
/// being looked at.
struct WithheldProgram {
  private static let portsCell: UInt32 = 0
  private static let sequenceCell: UInt32 = 1
  private static let acknowledgmentCell: UInt32 = 2
  private static let headerCell: UInt32 = 3
  private static let sourceCell: UInt32 = 4
  private static let destinationCell: UInt32 = 8

  private var code = BPFAssembler()
  private let flows: [WithheldFlow]
  private let take, ipv4, ipv6, sample, records, headers: BPFAssembler.Label

  /// `program` without these flows. It must not return A, which libpcap's never do.
  static func program(
    _ flows: [WithheldFlow], _ layer: ExclusionProgram.Layer, after program: BPFProgram
  ) -> BPFProgram {
    guard !flows.isEmpty else { return program }
    var withheld = WithheldProgram(flows)
    withheld.emit(layer)
    return program.followed(by: withheld.code.assemble())
  }

  private init(_ flows: [WithheldFlow]) {
    self.flows = flows
    take = code.label()
    ipv4 = code.label()
    ipv6 = code.label()
    sample = code.label()
    records = code.label()
    headers = code.label()
  }

  private mutating func emit(_ layer: ExclusionProgram.Layer) {
    code.findNetworkHeader(layer, ipv4: ipv4, ipv6: ipv6, otherwise: take)
    emitIPv4()
    emitIPv6()
    emitRecords()
    emitLongHeaders()
    code.place(sample)
    code.append(.load(.random), .and(WithheldFlow.sampling - 1))
    code.jump(if: .equal, 0, to: take)
    code.append(.keep(0))
    code.place(take)
    code.append(.keep(BPFProgram.wholeFrame))
  }

  private mutating func emitIPv4() {
    code.place(ipv4)
    let chosen = flows.filter { $0.version == 4 }
    guard !chosen.isEmpty else { return code.jump(to: take) }
    code.require(UInt32(IPv4Header.minimumByteCount), otherwise: take)
    code.append(.load(.half, fromX: UInt32(IPv4Header.flagsAndOffset.offset)))
    code.jump(if: .anyBit, UInt32(IPv4Header.moreFragments | IPv4Header.offsetMask), to: take)
    store(IPv4Header.source.offset, words: 1, Self.sourceCell)
    store(IPv4Header.destination.offset, words: 1, Self.destinationCell)
    code.append(.storeX(cell: Self.headerCell), .load(.byte, fromX: 0), .and(0x0F), .shiftLeft(2), .addX)
    code.append(.store(cell: Self.portsCell), .load(.byte, fromX: UInt32(IPv4Header.upperProtocol.offset)))
    code.append(.loadX(cell: Self.portsCell))
    emitProtocols(chosen)
  }

  private mutating func emitIPv6() {
    code.place(ipv6)
    let chosen = flows.filter { $0.version == 6 }
    guard !chosen.isEmpty else { return code.jump(to: take) }
    code.require(UInt32(IPv6Header.byteCount), otherwise: take)
    store(IPv6Header.sourceHigh.offset, words: 4, Self.sourceCell)
    store(IPv6Header.destinationHigh.offset, words: 4, Self.destinationCell)
    code.append(.load(.byte, fromX: UInt32(IPv6Header.nextHeader.offset)), .store(cell: Self.portsCell))
    code.append(.copyFromX, .add(UInt32(IPv6Header.byteCount)), .copyToX, .load(cell: Self.portsCell))
    emitProtocols(chosen)
  }

  private mutating func store(_ offset: Int, words: Int, _ cell: UInt32) {
    for word in 0..<words {
      code.append(.load(.word, fromX: UInt32(offset + 4 * word)), .store(cell: cell + UInt32(word)))
    }
  }

  /// With the protocol's number in A and the upper header's offset in X.
  private mutating func emitProtocols(_ flows: [WithheldFlow]) {
    let (tcp, udp) = (code.label(), code.label())
    code.jump(if: .equal, UInt32(IPProtocol.tcp), to: tcp)
    code.jump(if: .equal, UInt32(IPProtocol.udp), to: udp, otherwise: take)
    code.place(tcp)
    emitTCP(flows.filter { $0.upperProtocol == IPProtocol.tcp })
    code.place(udp)
    emitUDP(flows.filter { $0.upperProtocol == IPProtocol.udp })
  }

  private mutating func emitTCP(_ flows: [WithheldFlow]) {
    guard !flows.isEmpty else { return code.jump(to: take) }
    code.require(UInt32(TCPHeader.minimumByteCount), otherwise: take)
    code.append(.load(.byte, fromX: UInt32(TCPHeader.flags.offset)))
    code.jump(if: .anyBit, UInt32(TCPHeader.syn | TCPHeader.fin | TCPHeader.rst), to: take)
    code.append(.load(.word, fromX: UInt32(TCPHeader.sequence.offset)), .store(cell: Self.sequenceCell))
    code.append(.load(.word, fromX: UInt32(TCPHeader.acknowledgment.offset)), .store(cell: Self.acknowledgmentCell))
    code.append(.storeX(cell: Self.headerCell), .load(.word, fromX: 0))
    emitSearch(groups(flows)[...])
  }

  private mutating func emitUDP(_ flows: [WithheldFlow]) {
    guard !flows.isEmpty else { return code.jump(to: take) }
    code.require(UInt32(UDPHeader.byteCount) + 1, otherwise: take)
    code.append(.storeX(cell: Self.headerCell), .load(.word, fromX: 0))
    emitSearch(groups(flows)[...])
  }

  /// Flows with the same ports together, in the order of these.
  private func groups(_ flows: [WithheldFlow]) -> [[WithheldFlow]] {
    Dictionary(grouping: flows, by: \.ports).values.sorted { $0[0].ports < $1[0].ports }
  }

  /// With both ports in A: to the flows that have them.
  private mutating func emitSearch(_ groups: ArraySlice<[WithheldFlow]>) {
    guard groups.count > 2 else {
      let labels = groups.map { _ in code.label() }
      for (group, label) in zip(groups, labels) { code.jump(if: .equal, group[0].ports, to: label) }
      code.jump(to: take)
      for (group, label) in zip(groups, labels) {
        code.place(label)
        for flow in group { emitFlow(flow) }
        code.jump(to: take)
      }
      return
    }
    let middle = groups.startIndex + groups.count / 2
    let upper = code.label()
    code.jump(if: .atLeast, groups[middle][0].ports, to: upper)
    emitSearch(groups[..<middle])
    code.place(upper)
    emitSearch(groups[middle...])
  }

  /// Goes on behind it if the frame is of another flow.
  private mutating func emitFlow(_ flow: WithheldFlow) {
    let other = code.label()
    let addresses = [(flow.source, Self.sourceCell), (flow.destination, Self.destinationCell)]
    for (address, cell) in addresses {
      // The last words differ most.
      for (index, word) in address.words(version: flow.version).enumerated().reversed() {
        code.append(.load(cell: cell + UInt32(index)))
        code.jump(if: .equal, word, otherwise: other)
      }
    }
    emitWindow(flow.sequence, Self.sequenceCell)
    emitWindow(flow.acknowledgment, Self.acknowledgmentCell)
    switch flow.exception {
    case .nothing: code.jump(to: sample)
    case .records: code.jump(to: records)
    case .longHeaders: code.jump(to: headers)
    }
    code.place(other)
  }

  private mutating func emitWindow(_ window: WithheldFlow.Window, _ cell: UInt32) {
    guard window.count > 0 else { return }
    code.append(.load(cell: cell), .add(0 &- window.start))
    code.jump(if: .atLeast, window.count, to: take)
  }

  /// With the TCP header's offset in its cell: takes what begins with a record that is no application data.
  private mutating func emitRecords() {
    code.place(records)
    guard flows.contains(where: { $0.exception == .records }) else { return }
    code.append(.loadX(cell: Self.headerCell), .load(.byte, fromX: UInt32(TCPHeader.dataOffset.offset)))
    code.append(.shiftRight(4), .shiftLeft(2), .addX, .copyToX)
    code.require(2, otherwise: sample)
    // change_cipher_spec, alert, handshake; and the major version.
    code.append(.load(.byte, fromX: 0))
    code.jump(if: .atLeast, 20, otherwise: sample)
    code.jump(if: .greater, 22, to: sample)
    code.append(.load(.byte, fromX: 1))
    code.jump(if: .equal, 3, to: take, otherwise: sample)
  }

  private mutating func emitLongHeaders() {
    code.place(headers)
    guard flows.contains(where: { $0.exception == .longHeaders }) else { return }
    code.append(.loadX(cell: Self.headerCell), .load(.byte, fromX: UInt32(UDPHeader.byteCount)))
    code.jump(if: .anyBit, 0x80, to: take, otherwise: sample)
  }
}
