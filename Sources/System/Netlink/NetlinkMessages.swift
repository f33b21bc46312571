/// What a netlink datagram holds (linux/netlink.h): messages of a 16-byte header and a payload, four-byte aligned, in
/// host byte order. Nothing that a length field says is believed beyond the bytes that are there.
package enum NetlinkMessages {
  /// `struct nlmsghdr` without its length.
  package struct Header: Equatable, Sendable {
    /// nlmsg_type: NLMSG_* below 16, RTM_* from there on.
    package var type: UInt16
    /// nlmsg_flags: NLM_F_*.
    package var flags: UInt16
    /// nlmsg_seq: that of the request which this answers.
    package var sequence: UInt32
  }

  static let headerByteCount = 16
  static let attributeHeaderByteCount = 4

  /// NLMSG_ERROR: the payload begins with a negative errno, 0 for an acknowledgement.
  static let error: UInt16 = 2
  /// NLMSG_DONE: the end of a dump.
  static let done: UInt16 = 3
  /// NLMSG_OVERRUN: messages were lost.
  static let overrun: UInt16 = 4
  /// NLM_F_REQUEST | NLM_F_DUMP: all there are.
  private static let dumpFlags: UInt16 = 0x301
  /// NLM_F_DUMP_INTR: what is dumped changed meanwhile.
  static let interruptedFlag: UInt16 = 0x10

  /// A request for all objects of a kind: `payload`, a multiple of four bytes, behind its header.
  static func dumpRequest(type: UInt16, sequence: UInt32, _ payload: [UInt8]) -> [UInt8] {
    let length = UInt32(headerByteCount + payload.count)
    return bytes(of: [length, UInt32(type) | UInt32(dumpFlags) << 16, sequence, 0]) + payload
  }

  /// 32-bit integers in host byte order.
  static func bytes(of words: [UInt32]) -> [UInt8] {
    words.flatMap { word in unsafe withUnsafeBytes(of: word) { unsafe Array($0) } }
  }

  /// Calls `body` with each whole message, in order; a length that makes no sense ends the walk.
  package static func forEach(in datagram: RawSpan, _ body: (Header, RawSpan) -> Void) {
    var offset = 0
    while offset + headerByteCount <= datagram.byteCount {
      let length = Int(datagram.host32(at: offset))
      guard length >= headerByteCount, length <= datagram.byteCount - offset else { return }
      let header = Header(
        type: datagram.host16(at: offset + 4), flags: datagram.host16(at: offset + 6),
        sequence: datagram.host32(at: offset + 8))
      body(header, datagram.extracting(offset + headerByteCount..<offset + length))
      offset += (length + 3) & ~3
    }
  }

  /// Calls `body` with type and value of each whole attribute (`struct rtattr`, linux/rtnetlink.h) from `start` on.
  package static func forEachAttribute(in payload: RawSpan, from start: Int, _ body: (UInt16, RawSpan) -> Void) {
    var offset = start
    while offset + attributeHeaderByteCount <= payload.byteCount {
      let length = Int(payload.host16(at: offset))
      guard length >= attributeHeaderByteCount, length <= payload.byteCount - offset else { return }
      // The two highest bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
      let type = payload.host16(at: offset + 2) & 0x3FFF
      body(type, payload.extracting(offset + attributeHeaderByteCount..<offset + length))
      offset += (length + 3) & ~3
    }
  }
}

extension RawSpan {
  /// The 16-bit integer at `offset`, host byte order. Traps outside the span.
  func host16(at offset: Int) -> UInt16 { unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self) }

  /// The 32-bit integer at `offset`, host byte order. Traps outside the span.
  func host32(at offset: Int) -> UInt32 { unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self) }
}
