import CLinux
import Glibc

/// The rules by which the kernel chooses a routing table (`ip rule`).
package enum PolicyRouting {
  /// What one answer of the kernel says.
  enum Answer: Equatable {
    /// More answers follow.
    case more(usesMarks: Bool)
    /// The last one; EINTR where the rules changed in between.
    case last(usesMarks: Bool, code: CInt)
  }

  /// Attempts at a dump during which no rule changes.
  private static let attempts = 5
  private static let headerByteCount = MemoryLayout<nlmsghdr>.size
  private static let ruleByteCount = MemoryLayout<fib_rule_hdr>.size

  /// Whether a rule of this network namespace looks at packets' marks (FRA_FWMARK or FRA_FWMASK), be it for IPv4 or
  /// IPv6: marked packets might then go other ways than unmarked ones.
  ///
  /// - Throws: `SystemError` of a netlink socket.
  package static func usesMarks() throws(SystemError) -> Bool {
    for family in [AF_INET, AF_INET6] {
      if try usesMarks(UInt8(family)) { return true }
    }
    return false
  }

  private static func usesMarks(_ family: UInt8) throws(SystemError) -> Bool {
    for _ in 0..<attempts {
      let (usesMarks, code) = try dump(family)
      switch code {
      case 0: return usesMarks
      case EINTR: continue
      // A kernel without policy routing, or without the family.
      case EOPNOTSUPP, EAFNOSUPPORT: return false
      default: throw SystemError(operation: "RTM_GETRULE", code: code)
      }
    }
    throw SystemError(operation: "RTM_GETRULE", code: EINTR)
  }

  private static func dump(_ family: UInt8) throws(SystemError) -> (usesMarks: Bool, code: CInt) {
    let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
    guard descriptor >= 0 else { throw .last("socket(AF_NETLINK)") }
    defer { close(descriptor) }
    // The kernel answers within the request; this is for one that does not.
    var timeout = timeval(tv_sec: 1, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size) == 0 else {
      throw .last("SO_RCVTIMEO")
    }
    let request = request(family)
    guard unsafe request.withUnsafeBytes({ unsafe send(descriptor, $0.baseAddress!, $0.count, 0) }) == request.count
    else { throw .last("RTM_GETRULE") }
    var usesMarks = false
    var buffer = [UInt8](repeating: 0, count: 32_768)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress!, $0.count, 0) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last("RTM_GETRULE") }
      switch unsafe read(buffer.span.bytes.extracting(first: count)) {
      case .more(let found): usesMarks = usesMarks || found
      case .last(let found, let code): return (usesMarks || found, code)
      }
    }
  }

  /// RTM_GETRULE for all rules of a family.
  private static func request(_ family: UInt8) -> [UInt8] {
    let header = nlmsghdr(
      nlmsg_len: UInt32(headerByteCount + ruleByteCount), nlmsg_type: UInt16(RTM_GETRULE),
      nlmsg_flags: UInt16(NLM_F_REQUEST) | UInt16(0x300), nlmsg_seq: 1, nlmsg_pid: 0)  // NLM_F_DUMP
    var rule = fib_rule_hdr()
    rule.family = family
    return unsafe withUnsafeBytes(of: header) { unsafe Array($0) } + withUnsafeBytes(of: rule) { unsafe Array($0) }
  }

  /// Reads the messages of one answer, and no further than they go.
  static func read(_ answer: RawSpan) -> Answer {
    var usesMarks = false
    var wasInterrupted = false
    var offset = 0
    while offset + headerByteCount <= answer.byteCount {
      let header = unsafe answer.unsafeLoadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
      let end = offset + Int(header.nlmsg_len)
      guard end >= offset + headerByteCount, end <= answer.byteCount else { break }
      if header.nlmsg_flags & UInt16(NLM_F_DUMP_INTR) != 0 { wasInterrupted = true }
      let body = answer.extracting(offset + headerByteCount..<end)
      switch Int32(header.nlmsg_type) {
      case NLMSG_DONE: return .last(usesMarks: usesMarks, code: wasInterrupted ? EINTR : 0)
      case NLMSG_ERROR:
        guard body.byteCount >= 4 else { return .last(usesMarks: usesMarks, code: EPROTO) }
        return .last(usesMarks: usesMarks, code: 0 &- (unsafe body.unsafeLoadUnaligned(as: CInt.self)))
      case Int32(RTM_NEWRULE): usesMarks = usesMarks || hasMark(body)
      default: break
      }
      offset += (Int(header.nlmsg_len) + 3) & ~3
    }
    // Not cut short, and no end: there is more to come, unless the rules changed already.
    return wasInterrupted ? .last(usesMarks: usesMarks, code: EINTR) : .more(usesMarks: usesMarks)
  }

  /// Whether a rule has one of the attributes that speak of marks.
  private static func hasMark(_ rule: RawSpan) -> Bool {
    var offset = ruleByteCount
    while offset + 4 <= rule.byteCount {
      let length = Int(unsafe rule.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
      let type = unsafe rule.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
      if Int(type) == FRA_FWMARK || Int(type) == FRA_FWMASK { return true }
      guard length >= 4 else { return false }
      offset += (length + 3) & ~3
    }
    return false
  }
}
