import Wire

/// What the rules make of a segment of a flow that is known.
struct FlowJudge {
  let rules: FlowRules

  /// What becomes of a segment.
  ///
  /// - Parameters:
  ///   - flow: the hash of the flow.
  ///   - isSample: whether the capture's filter keeps out what is like it.
  ///   - segmentSize: payload bytes of the datagrams of a super-datagram; 0 if it is none.
  func verdict(
    _ entry: inout FlowEntry, _ segment: FlowSegment, _ payload: RawSpan, _ flow: FlowHash, isSample: Bool,
    segmentSize: Int
  ) -> FlowVerdict {
    if entry.isExcluded, !isSample {
      // The filter lets it pass: it is another place of the stream than was thought.
      entry[fromLower: segment.isFromLower].facts.remove(.seen)
    }
    if entry.side == .withheld {
      entry[fromLower: segment.isFromLower].note(segment)
      return .withheld(.otherSide)
    }
    if entry.isExcluded, entry.isEncrypted { return judgeExcluded(&entry, segment, payload) }
    if payload.byteCount > 0 { recognize(&entry, segment, payload) }
    var verdict = FlowVerdict.mirrored
    switch entry.stage {
    case .tls: verdict = entry.judgeTLS(segment, payload, rules.encrypted)
    case .ssh: verdict = entry.judgeSSH(segment, payload, rules.encrypted)
    case .quic: verdict = entry.judgeQUIC(segment, payload, segmentSize: segmentSize, rules.encrypted)
    case .http:
      if let depth = rules.depth { verdict = entry.judgeHTTP(segment, payload, FlowDepth(depth, flow)) }
    case .turns:
      if let depth = rules.depth { verdict = entry.judgeTurn(segment, payload, FlowDepth(depth, flow)) }
    case .fresh, .whole: break
    }
    entry[fromLower: segment.isFromLower].note(segment)
    return segment.isMilestone ? .mirrored : verdict
  }

  /// The filter lets a sample pass of what it keeps out, and what is to be mirrored.
  private func judgeExcluded(_ entry: inout FlowEntry, _ segment: FlowSegment, _ payload: RawSpan) -> FlowVerdict {
    entry[fromLower: segment.isFromLower].note(segment)
    if segment.isMilestone { return .mirrored }
    if entry.stage == .tls, rules.encrypted == .handshake, TLSRecord.isPlain(payload) { return .mirrored }
    if entry.stage == .quic, QUICHeader.isLong(payload) { return .mirrored }
    return .withheld(.encrypted)
  }

  /// Whether the first payload that is seen of a connection under way says what it carries.
  func isRecognizable(_ payload: RawSpan) -> Bool {
    if TLSRecord.isClientHello(payload) { return true }
    // Most of what comes is none of these.
    guard HTTPStart.beginsWithCapital(payload) else { return false }
    if SSHPacket.isBanner(payload) { return true }
    return rules.depth != nil && (HTTPStart.isRequest(payload) || HTTPStart.isHTTP2(payload))
  }

  private func recognize(_ entry: inout FlowEntry, _ segment: FlowSegment, _ payload: RawSpan) {
    switch entry.stage {
    case .tls, .ssh, .quic: return
    case .fresh:
      if segment.key.upperProtocol == IPProtocol.udp {
        if QUICHeader.isInitial(payload) { entry.stage = .quic }
        return
      }
      if SSHPacket.isBanner(payload) {
        entry.beginSSH(segment)
        return
      }
      if rules.depth != nil { entry.beginPlaintext(segment, payload) }
    case .http, .turns, .whole: break
    }
    // STARTTLS, and tunnels.
    if segment.flags & TCPHeader.ack != 0, TLSRecord.isClientHello(payload) { entry.beginTLS(segment) }
  }
}
