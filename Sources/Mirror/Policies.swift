/// How frames are treated.
package struct Policy: Sendable {
  /// VXLAN network identifier, 0 ... 16777215.
  package var vni: UInt32
  /// What happens to frames that do not fit.
  package var oversize: OversizePolicy
  /// How TCP is cut.
  package var segment: SegmentPolicy
  /// What happens to open checksums.
  package var checksum: ChecksumPolicy
  /// Largest outer IP packet in bytes; nil: the routes alone decide.
  package var mtu: Int?

  /// A policy with every choice made.
  package init(vni: UInt32, oversize: OversizePolicy, segment: SegmentPolicy, checksum: ChecksumPolicy, mtu: Int?) {
    self.vni = vni
    self.oversize = oversize
    self.segment = segment
    self.checksum = checksum
    self.mtu = mtu
  }
}

/// What to do with a frame that does not fit (OVERSIZE).
public enum OversizePolicy: String, Sendable, CaseIterable {
  /// Cut it so that nothing is lost: TCP into segments, other IP into fragments.
  case segment
  /// Cut off what does not fit.
  case truncate
  /// Drop and count it.
  case drop
}

/// How TCP is cut (SEGMENT).
public enum SegmentPolicy: String, Sendable, CaseIterable {
  /// To fill the MTU: the fewest packets.
  case mtu
  /// At the sizes seen on the wire, where the capture knows them.
  case wire
}

/// What to do with checksums that offload left open (CHECKSUM).
public enum ChecksumPolicy: String, Sendable, CaseIterable {
  /// Complete them.
  case fill
  /// Leave them as captured.
  case keep
}
