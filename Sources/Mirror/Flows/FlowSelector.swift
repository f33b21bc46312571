import Capture
import System
import Wire

/// The rules ENCRYPTED, FLOW_DEPTH and MIRROR: which frames of a flow are not worth mirroring. What is not certain is
/// mirrored.
struct FlowSelector: ~Copyable {
  let rules: FlowRules
  var table: FlowTable
  /// Flows that carry most of what is withheld, and those that the capture's filter keeps out.
  var heavy = HeavyFlows()
  /// Who this host is; nil: not known yet.
  var host: HostIdentity?
  /// Bytes of what the filter kept out, as far as what it lets pass shows: of TCP payload, by sequence numbers; of UDP one
  /// frame stands for many (`WithheldFlow.sampling`).
  private(set) var kernelWithheldBytes: UInt64 = 0
  private let judge: FlowJudge

  /// Nothing is withheld.
  init() {
    rules = FlowRules()
    judge = FlowJudge(rules: rules)
    table = FlowTable()
  }

  /// Flows of which nothing is known yet.
  ///
  /// - Throws: `SystemError` if there is no memory for the table.
  init(_ rules: FlowRules) throws(SystemError) {
    self.rules = rules
    judge = FlowJudge(rules: rules)
    table = try FlowTable(byteCount: rules.tableByteCount)
  }

  /// A batch begins at `now`, nanoseconds of a clock that does not go back.
  mutating func begin(_ now: Int64) { table.second = UInt64(now / 1_000_000_000) }

  /// What becomes of a frame of flow `flow` that the kernel saw at `timestamp`, nanoseconds since 1970.
  mutating func judge(_ frame: InnerFrame, _ packet: IPPacket?, _ flow: FlowHash, timestamp: Int64) -> FlowVerdict {
    guard let packet, packet.upperProtocol == IPProtocol.tcp || packet.upperProtocol == IPProtocol.udp,
      let segment = FlowSegment(frame.packetBytes, packet)
    else { return .mirrored }
    let payload = frame.packetBytes.extracting(segment.payloadOffset..<packet.end)
    guard let place = place(segment, payload, flow) else { return stateless(segment) }
    // What the filter's program does not know passes it: frames that it did not see with an Ethernet header, and
    // extension headers.
    let isKnown = frame.synthesized == nil && (packet.version == 4 || packet.headerByteCount == IPv6Header.byteCount)
    let isExcluded = table[place].isExcluded && isKnown
    let isSample = isExcluded && heavy.isSample(place, segment)
    var keptOut: UInt64 = 0
    if isExcluded, timestamp > heavy.inForceSince {
      keptOut = self.keptOut(place, segment, isSample ? frame.byteCount : 0)
      kernelWithheldBytes &+= keptOut
    }
    let verdict = judge.verdict(
      &table[place], segment, payload, flow, isSample: isSample, segmentSize: Int(frame.offload.segmentSize))
    if case .withheld = verdict {
      heavy.note(&table[place], place, fromLower: segment.isFromLower, UInt64(frame.byteCount) &+ keptOut)
    }
    return verdict
  }

  // MARK: Finding the flow

  /// The flow's place in the table. A new one gets a place as soon as a rule has to remember something of it.
  @inline(__always)
  private mutating func place(_ segment: FlowSegment, _ payload: RawSpan, _ flow: FlowHash) -> Int? {
    let opening = segment.flags & (TCPHeader.syn | TCPHeader.ack)
    if let found = table.find(flow, segment.key) {
      let isOther = opening == TCPHeader.syn || opening == TCPHeader.syn | TCPHeader.ack && table[found].stage != .fresh
      if !isOther {
        let isEnd = segment.flags & (TCPHeader.fin | TCPHeader.rst) != 0
        table.touch(found, isEnd ? .closing : payload.byteCount > 0 ? .used : .opening)
        return found
      }
      // The ports are used again.
      heavy.forget(found)
      table.remove(found)
    }
    guard opening & TCPHeader.syn != 0 || segment.flags & (TCPHeader.rst | TCPHeader.fin) == 0,
      isToBeKept(segment, payload, flow),
      let place = table.insert(flow, segment.key, payload.byteCount > 0 ? .used : .opening)
    else { return nil }
    heavy.forget(place)
    if opening == TCPHeader.syn | TCPHeader.ack { table[place].opener = segment.isFromLower ? .upper : .lower }
    if rules.side != .all { table[place].side = side(segment, opener: table[place].opener) }
    return place
  }

  /// What a flood brings takes no place: SYNs that nobody answers, and segments of connections that were never opened,
  /// but for one of many, so that a place is got by what goes on.
  @inline(__always)
  private func isToBeKept(_ segment: FlowSegment, _ payload: RawSpan, _ flow: FlowHash) -> Bool {
    guard segment.key.upperProtocol == IPProtocol.tcp else {
      return rules.encrypted != .mirror && QUICHeader.isInitial(payload)
    }
    if segment.flags & TCPHeader.syn != 0 {
      return segment.flags & TCPHeader.ack != 0 && (rules.side != .all || rules.depth != nil)
    }
    if payload.byteCount > 0, judge.isRecognizable(payload) { return true }
    return rules.side != .all && FlowHash.mix(flow.value ^ UInt64(segment.sequence)) % Self.share == 0
  }

  /// Of the segments of a connection under way of which only MIRROR is to remember something, one of so many gets it a
  /// place.
  private static var share: UInt64 { 64 }

  /// The verdict on a frame of a flow that has no place.
  @inline(__always)
  private func stateless(_ segment: FlowSegment) -> FlowVerdict {
    guard rules.side != .all, segment.key.upperProtocol == IPProtocol.tcp else { return .mirrored }
    let opening = segment.flags & (TCPHeader.syn | TCPHeader.ack)
    var opener = FlowEntry.Opener.unknown
    if opening == TCPHeader.syn { opener = segment.isFromLower ? .lower : .upper }
    if opening == TCPHeader.syn | TCPHeader.ack { opener = segment.isFromLower ? .upper : .lower }
    return side(segment, opener: opener) == .withheld ? .withheld(.otherSide) : .mirrored
  }

  @inline(__always)
  private func side(_ segment: FlowSegment, opener: FlowEntry.Opener) -> FlowEntry.Side {
    guard let host else { return .mirrored }
    return host.isMirrored(segment.key, opener: opener, rules.side) ? .mirrored : .withheld
  }

  // MARK: Accounts

  /// What the filter kept out of a flow since the frame before this one, which is a sample of so many bytes, or none.
  private func keptOut(_ place: Int, _ segment: FlowSegment, _ byteCount: Int) -> UInt64 {
    guard segment.key.upperProtocol == IPProtocol.tcp else { return UInt64(byteCount) * (HeavyFlows.sampling - 1) }
    let direction = segment.isFromLower ? table[place].lower : table[place].upper
    return direction.facts.contains(.seen) ? heavy.keptOut(place, segment, since: direction.end) : 0
  }

  /// Flows that the capture's filter is to keep out; see `HeavyFlows.choose`.
  mutating func chooseHeavy() -> [WithheldFlow]? { heavy.choose(&table) }

  /// As many of them are kept out; see `HeavyFlows.apply`.
  mutating func applyHeavy(_ count: Int, since time: Int64) { heavy.apply(count, since: time, &table) }

  /// Whether a flow has become heavy since that was asked for last.
  var hasNewHeavy: Bool { heavy.hasCandidates }
}
