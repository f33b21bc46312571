/// How TCP is cut (SEGMENT).
public enum SegmentPolicy: String, Sendable, CaseIterable {
  /// To fill the MTU: the fewest packets.
  case mtu
  /// At the sizes seen on the wire, where the capture knows them.
  case wire
}
