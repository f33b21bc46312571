/// One direction of a flow that is not worth capturing, as far as a filter can tell: addresses, ports, and where in the
/// stream.
public struct WithheldFlow: Equatable, Sendable {
  /// Sequence numbers from `start` on.
  public struct Window: Equatable, Sendable {
    /// The first one.
    public var start: UInt32
    /// How many; 0: all numbers there are.
    public var count: UInt32

    /// `count` numbers from `start` on.
    public init(start: UInt32, count: UInt32) {
      self.start = start
      self.count = count
    }

    /// Every number.
    public static let all = Window(start: 0, count: 0)

    /// Whether the number is one of them.
    public func contains(_ number: UInt32) -> Bool { count == 0 || number &- start < count }
  }

  /// What of the flow is captured all the same, beside SYN, FIN and RST.
  public enum Exception: Equatable, Sendable {
    /// Nothing.
    case nothing
    /// What begins with a record of TLS that is no application data.
    case records
    /// What begins with a long header of QUIC.
    case longHeaders
  }

  /// An address: of IPv4 the low 32 bits of `low`.
  public struct Address: Equatable, Sendable {
    /// The first half.
    public var high: UInt64
    /// The second half.
    public var low: UInt64

    /// An address in two words.
    public init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }

    /// Its 32-bit words from the first to the last, one of IPv4.
    func words(version: UInt8) -> [UInt32] {
      let low = [UInt32(truncatingIfNeeded: self.low)]
      guard version == 6 else { return low }
      return [high >> 32, high, self.low >> 32].map { UInt32(truncatingIfNeeded: $0) } + low
    }
  }

  /// Of so many frames that are withheld one is captured, by chance: so it shows that the flow goes on, and how far it is.
  public static let sampling: UInt32 = 1_024

  /// Where it comes from.
  public var source: Address
  /// Where it goes.
  public var destination: Address
  /// The source port in the upper half.
  public var ports: UInt32
  /// 4 or 6.
  public var version: UInt8
  /// TCP or UDP.
  public var upperProtocol: UInt8
  /// Of TCP, the numbers of first payload bytes.
  public var sequence: Window
  /// Of TCP, the numbers that it acknowledges.
  public var acknowledgment: Window
  /// What of it is captured.
  public var exception: Exception

  /// A direction of a flow.
  public init(
    source: Address, destination: Address, ports: UInt32, version: UInt8, upperProtocol: UInt8, sequence: Window,
    acknowledgment: Window, exception: Exception
  ) {
    self.source = source
    self.destination = destination
    self.ports = ports
    self.version = version
    self.upperProtocol = upperProtocol
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.exception = exception
  }
}
