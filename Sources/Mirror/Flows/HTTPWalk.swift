import Wire

/// A walk through a payload of HTTP/1: byte by byte through what frames bodies, in one step through what is framed.
struct HTTPWalk: ~Escapable {
  private let payload: RawSpan
  private let sequence: UInt32
  private var offset: Int?
  /// From which byte on the payload holds nothing but a body's bytes; nil if it does not end with some.
  private(set) var bodyStart: Int?

  /// A walk through a payload that begins at `sequence`.
  @_lifetime(copy payload)
  init(_ payload: RawSpan, at sequence: UInt32) {
    self.payload = payload
    self.sequence = sequence
  }

  /// The next step; nil at the payload's end, and where bytes are missing that have to be read first.
  mutating func next(_ direction: inout FlowDirection, isResponse: Bool) -> FlowDirection.HTTPEvent? {
    if offset == nil { enter(&direction) }
    guard let at = offset, at < payload.byteCount else { return nil }
    if direction.isInBody {
      passBody(&direction, at)
      return .nothing
    }
    bodyStart = nil
    let event = direction.takeHTTP(payload.uint8(at: at), isResponse: isResponse)
    offset = at + 1
    direction.position &+= 1
    return event
  }

  private mutating func enter(_ direction: inout FlowDirection) {
    let start = sequenceDistance(direction.position, from: sequence)
    if start >= 0 {
      offset = start
      // What was seen before is as it was then: within the body that is being withheld, or in front of it.
      if direction.facts.contains(.cutting), sequenceDistance(sequence, from: direction.cut) >= 0 { bodyStart = 0 }
    } else if direction.isInBody, direction.http == .untilClose || UInt64(-start) <= direction.remaining {
      // What is missing, or comes later, is of the body as well.
      direction.pass(-start)
      offset = 0
      if direction.isInBody { bodyStart = 0 }
    }
  }

  private mutating func passBody(_ direction: inout FlowDirection, _ at: Int) {
    let count = Int(min(UInt64(payload.byteCount - at), direction.remaining))
    if direction.http == .chunk { bodyStart = nil } else if bodyStart == nil { bodyStart = at }
    direction.pass(count)
    offset = at + count
  }
}

extension FlowDirection {
  /// Whether what comes now is not looked into.
  @inline(__always) var isInBody: Bool { http == .body || http == .untilClose || http == .chunk }

  /// So many bytes of a body were sent.
  mutating func pass(_ count: Int) {
    position &+= UInt32(truncatingIfNeeded: count)
    // Numbers that are 2^31 apart cannot be compared.
    if facts.contains(.cutting), sequenceDistance(position, from: cut) > 1 << 30 { cut = position &- 1 << 29 }
    guard http != .untilClose else { return }
    remaining -= UInt64(count)
    guard remaining == 0 else { return }
    if http == .chunk {
      http = .chunkEnd
    } else {
      http = .start
      facts.remove(.cutting)
    }
  }
}
