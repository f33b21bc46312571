import CLinux
import Glibc

/// The rules by which the kernel chooses a routing table (`ip rule`).
package enum PolicyRouting {
  /// Attempts at a dump during which no rule changes.
  private static let attempts = 5
  private static let ruleByteCount = MemoryLayout<fib_rule_hdr>.size

  /// Whether a rule of this network namespace looks at packets' marks (FRA_FWMARK or FRA_FWMASK), be it for IPv4 or
  /// IPv6: marked packets might then be routed otherwise than unmarked ones.
  ///
  /// - Throws: `SystemError` of a netlink socket.
  package static func usesMarks() throws(SystemError) -> Bool {
    let socket = try NetlinkSocket(groups: [], isBlocking: true)
    var sequence: UInt32 = 0
    for family in [AF_INET, AF_INET6] {
      if try usesMarks(UInt8(family), socket, &sequence) { return true }
    }
    return false
  }

  private static func usesMarks(
    _ family: UInt8, _ socket: borrowing NetlinkSocket, _ sequence: inout UInt32
  ) throws(SystemError) -> Bool {
    for _ in 0..<attempts {
      sequence += 1
      var answer = Answer(sequence: sequence)
      try socket.send(request(family, sequence))
      while !answer.hasEnded { try socket.receive { answer.take($0) } }
      switch answer.code {
      case 0: if answer.isWhole { return answer.usesMarks }
      // A kernel without policy routing, or without the family.
      case EOPNOTSUPP, EAFNOSUPPORT: return false
      case let code: throw SystemError(operation: "RTM_GETRULE", code: code)
      }
    }
    throw SystemError(operation: "RTM_GETRULE", code: EINTR)
  }

  /// RTM_GETRULE for all rules of a family.
  private static func request(_ family: UInt8, _ sequence: UInt32) -> [UInt8] {
    var rule = fib_rule_hdr()
    rule.family = family
    return NetlinkMessages.dumpRequest(
      type: UInt16(RTM_GETRULE), sequence: sequence, unsafe withUnsafeBytes(of: rule) { unsafe Array($0) })
  }

  /// The answer to RTM_GETRULE, as it comes in.
  struct Answer {
    private var dump: NetlinkDump
    /// Whether a rule that came so far speaks of marks.
    private(set) var usesMarks = false
    /// Whether nothing more comes.
    var hasEnded: Bool { dump.hasEnded }
    /// Whether nothing changed meanwhile.
    var isWhole: Bool { dump.isWhole }
    /// errno that the kernel ended with, or 0.
    var code: CInt { dump.code }

    /// An answer to the request with this sequence number.
    init(sequence: UInt32) { dump = NetlinkDump(sequence: sequence) }

    /// Takes one datagram of the answer.
    mutating func take(_ datagram: RawSpan) {
      var found = false
      dump.take(datagram, type: UInt16(RTM_NEWRULE)) { rule in
        NetlinkMessages.forEachAttribute(in: rule, from: ruleByteCount) { type, _ in
          if type == UInt16(FRA_FWMARK) || type == UInt16(FRA_FWMASK) { found = true }
        }
      }
      usesMarks = usesMarks || found
    }
  }
}
