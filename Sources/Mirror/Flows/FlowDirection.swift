import Wire

/// What is known of one direction of a flow: 32 bytes, of which each protocol uses what it needs.
struct FlowDirection: BitwiseCopyable {
  /// The facts below.
  struct Facts: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// Something was seen, and `end` means something.
    static let seen = Facts(rawValue: 1)
    /// What follows is known from `position` on.
    static let followed = Facts(rawValue: 2)
    /// A first message has been seen: a record of TLS, a packet of SSH, an Initial packet of QUIC.
    static let begun = Facts(rawValue: 4)
    /// What comes now is encrypted.
    static let encrypted = Facts(rawValue: 8)
    /// The place in the stream is not known any more.
    static let lost = Facts(rawValue: 16)
    /// What was mirrored last was not acknowledged in what was mirrored since.
    static let unacknowledged = Facts(rawValue: 32)
    /// `cut` means something: what lies behind it is withheld.
    static let cutting = Facts(rawValue: 64)
  }

  /// Sequence number of what is to be read next: a record's header, a byte of an HTTP head.
  var position: UInt32 = 0
  /// Encrypted: everything from here up to `position` was withheld. HTTP: where withholding begins.
  var cut: UInt32 = 0
  /// End of the last payload that was mirrored.
  var mirrored: UInt32 = 0
  /// The highest end of a payload seen.
  var end: UInt32 = 0
  /// Bytes of a body or chunk that are still to come; of a stream whose place is lost, where a header is expected, and how
  /// many were right.
  var remaining: UInt64 = 0
  var facts: Facts = []
  /// Place in a state machine.
  var state: UInt8 = 0
  /// Bytes of a header that are there already, or of a word that were right so far.
  var count: UInt8 = 0
  /// Words that are still possible.
  var words: UInt8 = 0
  /// Bytes of a header, or a number that is being read.
  var value: UInt32 = 0

  /// Nothing known.
  init() {}

  /// Takes note of how far the sender is.
  @inline(__always) mutating func note(_ segment: FlowSegment) {
    guard segment.flags & TCPHeader.rst == 0 else { return }
    if !facts.contains(.seen) || sequenceDistance(segment.end, from: end) > 0 { end = segment.end }
    facts.insert(.seen)
  }
}
