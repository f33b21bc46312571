package import Transport

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
  /// Which collectors get reports.
  package var reports: ReportPolicy
  /// What is not worth mirroring.
  package var flows = FlowRules()

  /// A policy with every choice made.
  package init(
    vni: UInt32, oversize: OversizePolicy, segment: SegmentPolicy, checksum: ChecksumPolicy, mtu: Int?,
    reports: ReportPolicy = .off
  ) {
    self.vni = vni
    self.oversize = oversize
    self.segment = segment
    self.checksum = checksum
    self.mtu = mtu
    self.reports = reports
  }
}
