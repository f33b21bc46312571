public import System

/// What is never mirrored, whatever the user's filter says. `ExclusionProgram` makes the filter of it.
public struct Exclusions: Equatable, Sendable {
  /// Cloud metadata and credential endpoints (EC2 instance metadata, ECS task metadata and credentials, EKS Pod
  /// Identity), which answer with the workload's secrets over plain HTTP. On ECS with host networking they are
  /// redirected to port 51679 of the loopback interface, which is left out along with them.
  static let metadataEndpoints = [
    SocketAddress(bytes: [169, 254, 169, 254], port: 0),
    SocketAddress(bytes: [169, 254, 170, 2], port: 0),
    SocketAddress(bytes: [169, 254, 170, 23], port: 0),
    SocketAddress(bytes: [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54], port: 0),
    SocketAddress(bytes: [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23], port: 0),
  ]

  /// Where the datagrams from `sourcePorts` go, whichever forwarder sends them: they are known there even when they seem
  /// to come from elsewhere, as where both ends of a veth link or a bridge are in this network namespace. Without source
  /// ports of no effect.
  public var collectors: [SocketAddress]
  /// UDP source ports that belong to forwarders of this network namespace: what leaves from them, under whatever
  /// address, is mirrored already, and so are ICMP errors that quote it. What comes from such a port of another host
  /// is not. What a collector says to such a port about the mirror itself (`ControlFrame`) is left out as well.
  public var sourcePorts: [ClosedRange<UInt16>] = []
  /// Frames with this mark (SO_MARK) are a forwarder's own; nil: none is marked.
  public var mark: UInt32?
  /// Whether the metadata endpoints are mirrored all the same.
  public var includesMetadata: Bool
  /// pcap-filter(7) expression of what else is never taken; empty for nothing.
  public var expression = ""

  /// Exclusions for these collectors.
  public init(collectors: [SocketAddress], includesMetadata: Bool) {
    self.collectors = collectors
    self.includesMetadata = includesMetadata
  }
}
