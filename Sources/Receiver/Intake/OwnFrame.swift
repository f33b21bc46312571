internal import Wire

/// A frame that no interface has seen: this program's own, inside the tunnel.
enum OwnFrame {
  /// `check` asks whether it arrives in this network.
  case probe(ProbeFrame, vni: UInt32)
  /// A forwarder says what it has sent; nil: in a way that is not known here.
  case report(ReportFrame?)

  /// The one in a datagram; nil for a mirrored frame, and for what is no datagram of a tunnel.
  @inline(__always)
  static func find(in datagram: RawSpan) -> OwnFrame? {
    let start = VXLANHeader.byteCount
    // Mirrored traffic has another EtherType: it costs this look and no more.
    guard datagram.byteCount >= start + ControlFrame.headByteCount,
      datagram.read(ControlFrame.etherTypeField, at: start) == ControlFrame.etherType
    else { return nil }
    return read(datagram)
  }

  private static func read(_ datagram: RawSpan) -> OwnFrame? {
    let frame = datagram.extracting(VXLANHeader.byteCount..<datagram.byteCount)
    guard let header = try? VXLANHeader.parse(datagram), ControlFrame.isOne(frame) else { return nil }
    if let probe = ProbeFrame(frame) { return .probe(probe, vni: header.vni) }
    guard let (kind, body) = ControlFrame.parse(frame), kind == .report else { return .report(nil) }
    return .report(ReportFrame(body: frame.extracting(body)))
  }
}
