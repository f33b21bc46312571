/// What is never mirrored, whatever the user's filter says. `ExclusionProgram` makes the filter of it.
public struct Exclusions: Equatable, Sendable {
  /// An address and UDP port that this or another forwarder sends mirrored frames to.
  public struct Collector: Hashable, Sendable {
    /// Numeric IPv4 or IPv6 address.
    public let address: String
    /// UDP port.
    public let port: UInt16

    /// A collector's socket address.
    public init(address: String, port: UInt16) {
      self.address = address
      self.port = port
    }
  }

  /// Cloud metadata and credential endpoints (EC2 instance metadata, ECS task metadata and credentials, EKS Pod
  /// Identity), which answer with the workload's secrets over plain HTTP. On ECS with host networking they are
  /// redirected to port 51679 of the loopback interface, which is left out along with them.
  public static let metadataEndpoints = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",
  ]

  /// Where the datagrams from `sourcePorts` go: they are known there even when they seem to come from elsewhere, as
  /// where both ends of a veth link or a bridge are in this network namespace. Without source ports of no effect.
  public var collectors: [Collector]
  /// UDP source ports that belong to forwarders of this network namespace: what leaves from them, under whatever
  /// address, is mirrored already, and so are ICMP errors that quote it. What comes from such a port of another host
  /// is not.
  public var sourcePorts: [ClosedRange<UInt16>] = []
  /// Frames with this mark (SO_MARK) are a forwarder's own; nil: none is marked.
  public var mark: UInt32?
  /// Whether the metadata endpoints are mirrored all the same.
  public var includesMetadata: Bool

  /// Exclusions for these collectors.
  public init(collectors: [Collector], includesMetadata: Bool) {
    self.collectors = collectors
    self.includesMetadata = includesMetadata
  }
}
