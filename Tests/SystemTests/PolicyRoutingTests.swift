import CLinux
import Glibc
import TestSupport
import Testing

@testable import System

/// Whether rules look at marks, read from answers as the kernel gives them (linux/rtnetlink.h, linux/fib_rules.h).
@Suite struct PolicyRoutingTests {
  private func message(_ type: Int32, flags: UInt16 = 2, _ body: [UInt8]) -> [UInt8] {
    let header = nlmsghdr(
      nlmsg_len: UInt32(16 + body.count), nlmsg_type: UInt16(type), nlmsg_flags: flags, nlmsg_seq: 1, nlmsg_pid: 0)
    return withUnsafeBytes(of: header) { Array($0) } + body + [UInt8](repeating: 0, count: -body.count & 3)
  }

  /// A rule with attributes of (type, value).
  private func rule(_ attributes: [(UInt16, [UInt8])]) -> [UInt8] {
    let header = fib_rule_hdr()
    var body = withUnsafeBytes(of: header) { Array($0) }
    for (type, value) in attributes {
      body += withUnsafeBytes(of: UInt16(4 + value.count)) { Array($0) } + withUnsafeBytes(of: type) { Array($0) }
      body += value + [UInt8](repeating: 0, count: -value.count & 3)
    }
    return message(Int32(RTM_NEWRULE), body)
  }

  private let end = [UInt8](repeating: 0, count: 4)
  /// FRA_PRIORITY, and an attribute of five bytes.
  private let plain: [(UInt16, [UInt8])] = [(6, [0, 0, 0x7F, 0xFE]), (3, [0x65, 0x74, 0x68, 0x30, 0])]

  private func read(_ answer: [UInt8]) -> PolicyRouting.Answer { PolicyRouting.read(answer.span.bytes) }

  @Test func rules() {
    let done = message(NLMSG_DONE, end)
    #expect(read((rule(plain) + rule([]) + done)) == .last(usesMarks: false, code: 0))
    for type: UInt16 in [10, 16] {
      let marked = rule(plain + [(type, [0x6C, 0xCA, 0, 0])])
      #expect(read((rule(plain) + marked + done)) == .last(usesMarks: true, code: 0))
      #expect(read((marked + rule(plain))) == .more(usesMarks: true))
    }
    let interrupted = message(NLMSG_DONE, flags: 0x12, end)
    #expect(read((rule(plain) + interrupted)) == .last(usesMarks: false, code: EINTR))
    let refused = message(NLMSG_ERROR, withUnsafeBytes(of: -EOPNOTSUPP) { Array($0) } + end)
    #expect(read(refused) == .last(usesMarks: false, code: EOPNOTSUPP))
  }

  /// No answer makes it read too far or go round for ever.
  @Test func anyBytes() {
    var random = SeededGenerator(seed: 905)
    let whole = rule(plain + [(17, [1, 2, 3, 4])]) + rule(plain) + message(NLMSG_ERROR, [])
    for count in 0...whole.count { _ = read(Array(whole.prefix(count))) }
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<random.int(1...6) {
        bytes[random.int(0...bytes.count - 1)] = UInt8(random.pick([0, 1, 3, 4, 32, 255]))
      }
      _ = read(bytes)
    }
  }

  /// The kernel is asked; what it says depends on the machine, but it says something.
  @Test func theKernelAnswers() throws {
    _ = try PolicyRouting.usesMarks()
  }
}
