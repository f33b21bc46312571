/// What is known of a flow, in 120 bytes.
struct FlowEntry: BitwiseCopyable {
  /// What the flow carries, as far as is known.
  enum Stage: UInt8, BitwiseCopyable {
    /// Nothing is known yet.
    case fresh
    /// It is mirrored whole, whatever comes, but that TLS may begin.
    case whole
    /// A ClientHello was seen, and an answer is waited for or was given.
    case tls
    /// Both sides have said that they speak SSH.
    case ssh
    /// Initial packets of QUIC were seen.
    case quic
    /// Requests and responses of HTTP/1.
    case http
    /// A protocol that is not known: what the client sends begins a new turn.
    case turns
  }

  /// Which endpoint has opened the connection.
  enum Opener: UInt8, BitwiseCopyable {
    case unknown
    case lower
    case upper
  }

  /// What MIRROR says.
  enum Side: UInt8, BitwiseCopyable {
    case unknown
    case mirrored
    case withheld
  }

  let key: FlowKey
  var stage = Stage.fresh
  var opener = Opener.unknown
  var side = Side.unknown
  /// Whether the capture's filter keeps out what may be withheld.
  var isExcluded = false
  /// Number of the period in which `periodBytes` was counted.
  var period: UInt8 = 0
  /// Requests of HTTP without a response yet; at most `HTTPRequests.capacity`.
  var requestCount: UInt8 = 0
  /// What was withheld in a period, in bytes; of what the capture's filter keeps out, as estimated.
  var periodBytes: UInt32 = 0
  /// Two bits for each request, the first one lowest.
  var requests: UInt64 = 0
  /// What the lower endpoint sends.
  var lower = FlowDirection()
  /// What the upper endpoint sends.
  var upper = FlowDirection()

  /// A flow of which nothing is known.
  init(_ key: FlowKey) { self.key = key }

  /// The direction in which the lower endpoint sends, or the other.
  @inline(__always)
  subscript(fromLower isLower: Bool) -> FlowDirection {
    get { isLower ? lower : upper }
    set { if isLower { lower = newValue } else { upper = newValue } }
  }

  /// Whether the endpoint is the one that has opened the connection; nil if that is not known.
  @inline(__always) func isOpener(lower isLower: Bool) -> Bool? {
    opener == .unknown ? nil : (opener == .lower) == isLower
  }

  /// Whether it carries what cannot be read.
  var isEncrypted: Bool { stage == .tls || stage == .ssh || stage == .quic }
}
