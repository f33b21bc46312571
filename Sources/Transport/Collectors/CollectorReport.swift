public import System

/// What has become of the datagrams to one collector since start, by all workers.
public struct CollectorReport: Equatable, Sendable {
  /// Where they went.
  public var address: SocketAddress
  /// Datagrams the kernel took.
  public var sentDatagrams: UInt64 = 0
  /// Bytes of the outer IP packets of these.
  public var sentBytes: UInt64 = 0
  /// Reports sent beside these (`ReportFrame`).
  public var reports: UInt64 = 0
  /// Datagrams that could not be sent, by errno.
  public var failed: [CInt: UInt64] = [:]
  /// ICMP errors about our datagrams, by what they say, such as `port unreachable`.
  public var icmp: [String: UInt64] = [:]
  /// The last trouble in words, such as `ENETUNREACH` or `port unreachable from 192.0.2.10`; nil: none so far.
  public var lastError: String?
  /// When that was, in nanoseconds since 1970; nil if there was none.
  public var lastErrorTime: Int64?

  /// Nothing yet.
  public init(address: SocketAddress) {
    self.address = address
  }
}
