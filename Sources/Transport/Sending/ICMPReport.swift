import CLinux
import Glibc
public import System

/// An ICMP error about a datagram sent earlier, as the kernel keeps it in a socket's error queue (IP_RECVERR, ip(7)).
public struct ICMPReport: Equatable, Sendable {
  /// What it says, such as `port unreachable`.
  public let meaning: String
  /// The router or host that sent it; nil where the kernel does not say.
  public let sender: SocketAddress?
  /// errno that the kernel makes of it.
  public let code: CInt
  /// MTU in bytes that a `packet too big` tells of; nil in others, and where it tells none.
  public let mtu: Int?

  /// A report known by its parts.
  package init(meaning: String, sender: SocketAddress?, code: CInt, mtu: Int? = nil) {
    self.meaning = meaning
    self.sender = sender
    self.code = code
    self.mtu = mtu
  }

  /// Bytes of `struct sock_extended_err` (linux/errqueue.h).
  private static let extendedErrorByteCount = MemoryLayout<sock_extended_err>.size

  /// Reads the payload of an IP_RECVERR or IPV6_RECVERR control message: a `struct sock_extended_err` and, behind it,
  /// the offender's address. Nil if it is an error of this host, or too short.
  init?(_ payload: RawSpan) {
    guard payload.byteCount >= Self.extendedErrorByteCount else { return nil }
    let origin = payload.byte(at: 4)
    guard origin == SO_EE_ORIGIN_ICMP || origin == SO_EE_ORIGIN_ICMP6 else { return nil }
    let isIPv6 = origin == SO_EE_ORIGIN_ICMP6
    code = CInt(truncatingIfNeeded: payload.hostWord(at: 0))
    meaning = Self.meaning(isIPv6: isIPv6, type: payload.byte(at: 5), code: payload.byte(at: 6))
    sender = Self.offender(payload, isIPv6: isIPv6)
    // ee_info
    let told = Int(payload.hostWord(at: 8))
    mtu = code == EMSGSIZE && told > 0 ? told : nil
  }

  /// Takes every report out of the socket's error queue, at most `limit`.
  static func take(from descriptor: CInt, limit: Int = 256, _ body: (ICMPReport) -> Void) {
    // Room for the report of either family and its address, aligned as control messages are.
    var buffer = InlineArray<64, UInt64>(repeating: 0)
    unsafe withUnsafeMutableBytes(of: &buffer) { control in
      for _ in 0..<limit {
        var message = unsafe msghdr()
        unsafe message.msg_control = control.baseAddress
        unsafe message.msg_controllen = control.count
        guard unsafe recvmsg(descriptor, &message, CInt(MSG_ERRQUEUE | MSG_DONTWAIT)) >= 0 else { return }
        // As recvmsg has just left it.
        unsafe ControlMessages.forEach(in: &message) { level, type, payload in
          let isReport =
            (level, type) == (Int32(IPPROTO_IP), IP_RECVERR) || (level, type) == (Int32(IPPROTO_IPV6), IPV6_RECVERR)
          if isReport, let report = ICMPReport(payload) { body(report) }
        }
      }
    }
  }

  /// The `sockaddr_in` or `sockaddr_in6` behind the error.
  private static func offender(_ payload: RawSpan, isIPv6: Bool) -> SocketAddress? {
    let start = extendedErrorByteCount
    let needed = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    guard payload.byteCount >= start + needed else { return nil }
    let family = payload.hostHalf(at: start)
    guard family == UInt16(isIPv6 ? AF_INET6 : AF_INET) else { return nil }
    // Behind family and port; IPv6 has its flow label in between.
    let first = start + (isIPv6 ? 8 : 4)
    return SocketAddress(bytes: (0..<(isIPv6 ? 16 : 4)).map { payload.byte(at: first + $0) }, port: 0)
  }

  /// RFC 792, RFC 1122 section 3.2.2, RFC 4443 section 3.
  private static func meaning(isIPv6: Bool, type: UInt8, code: UInt8) -> String {
    switch (isIPv6, type, code) {
    case (false, 3, 0), (false, 3, 6), (false, 3, 11): "network unreachable"
    case (false, 3, 1), (false, 3, 7), (false, 3, 8), (false, 3, 12): "host unreachable"
    case (false, 3, 2): "protocol unreachable"
    case (false, 3, 3), (true, 1, 4): "port unreachable"
    case (false, 3, 4), (true, 2, _): "packet too big"
    case (false, 3, 5): "source route failed"
    case (false, 3, 9): "network prohibited"
    case (false, 3, 10): "host prohibited"
    case (false, 3, 13), (true, 1, 1): "communication prohibited"
    case (false, 4, _): "source quench"
    case (false, 11, _), (true, 3, _): "time exceeded"
    case (false, 12, _), (true, 4, _): "parameter problem"
    case (true, 1, 0): "no route"
    case (true, 1, 3): "host unreachable"
    case (true, 1, 5), (true, 1, 6): "rejected by policy"
    default: "ICMP type \(type) code \(code)"
    }
  }
}

extension RawSpan {
  /// The byte at `offset`. Traps outside the span.
  fileprivate func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

  /// The 16-bit integer at `offset` in host order. Traps outside the span.
  fileprivate func hostHalf(at offset: Int) -> UInt16 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
  }

  /// The 32-bit integer at `offset` in host order. Traps outside the span.
  fileprivate func hostWord(at offset: Int) -> UInt32 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }
}
