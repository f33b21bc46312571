import Glibc

/// The kernel's answer to a dump request (rtnetlink(7)), as it comes in, datagram by datagram.
struct NetlinkDump {
  /// That of the request; answers to others are not for this one.
  let sequence: UInt32
  /// Whether nothing more comes.
  private(set) var hasEnded = false
  /// Whether nothing changed meanwhile.
  private(set) var isWhole = true
  /// errno that the kernel ended with, or 0.
  private(set) var code: CInt = 0

  /// The answer to the request with this sequence number.
  init(sequence: UInt32) { self.sequence = sequence }

  /// Takes one datagram; calls `body` with the payload of each of its messages of `type`.
  mutating func take(_ datagram: RawSpan, type: UInt16, _ body: (RawSpan) -> Void) {
    var dump = self
    NetlinkMessages.forEach(in: datagram) { header, payload in
      guard header.sequence == dump.sequence, !dump.hasEnded else { return }
      if header.flags & NetlinkMessages.interruptedFlag != 0 { dump.isWhole = false }
      switch header.type {
      case NetlinkMessages.done: dump.hasEnded = true
      case NetlinkMessages.error:
        dump.hasEnded = true
        dump.code =
          payload.byteCount >= 4 ? CInt(truncatingIfNeeded: -Int64(Int32(bitPattern: payload.host32(at: 0)))) : EPROTO
      case type: body(payload)
      default: break
      }
    }
    self = dump
  }
}
