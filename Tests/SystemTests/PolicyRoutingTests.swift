import CLinux
import CTestSupport
import Glibc
import Synchronization
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

  private func read(_ datagram: [UInt8]) -> PolicyRouting.Answer {
    var answer = PolicyRouting.Answer(sequence: 1)
    answer.take(datagram.span.bytes)
    return answer
  }

  @Test func rules() {
    let done = message(NLMSG_DONE, end)
    let unmarked = read(rule(plain) + rule([]) + done)
    #expect(!unmarked.usesMarks && unmarked.hasEnded && unmarked.isWhole && unmarked.code == 0)
    for type: UInt16 in [10, 16] {
      let marked = rule(plain + [(type, [0x6C, 0xCA, 0, 0])])
      let ended = read(rule(plain) + marked + done)
      #expect(ended.usesMarks && ended.hasEnded && ended.code == 0)
      let first = read(marked + rule(plain))
      #expect(first.usesMarks && !first.hasEnded)
    }
    let interrupted = message(NLMSG_DONE, flags: 0x12, end)
    let torn = read(rule(plain) + interrupted)
    #expect(!torn.usesMarks && torn.hasEnded && !torn.isWhole)
    let refused = message(NLMSG_ERROR, withUnsafeBytes(of: -EOPNOTSUPP) { Array($0) } + end)
    #expect(read(refused).hasEnded && read(refused).code == EOPNOTSUPP)
    #expect(!read(message(NLMSG_DONE, flags: 2, end).with(sequence: 2)).hasEnded, "an answer to another")
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

  /// What `ip` gets with these arguments; it runs in the network namespace of the calling thread.
  private static func ip(_ arguments: String...) -> Bool {
    var argv = (["ip"] + arguments).map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    var process = pid_t()
    var status: CInt = -1
    return posix_spawnp(&process, "ip", nil, nil, &argv, environ) == 0 && waitpid(process, &status, 0) == process
      && status == 0
  }

  /// The kernel's own answers, in a namespace with rules of every kind, and with more than fit into one answer.
  @Test(.enabled(if: geteuid() == 0, "network namespaces need root")) func theKernelsAnswers() throws {
    let answers = Mutex<[Bool?]>([])
    let end = try EventDescriptor()
    try BackgroundThread.run(name: "rules") {
      defer { end.signal() }
      guard CTestSupport_enter_new_network() == 0 else { return }
      func ask(after command: Bool) { answers.withLock { $0.append(command ? try? PolicyRouting.usesMarks() : nil) } }
      ask(after: true)
      ask(after: Self.ip("rule", "add", "from", "192.0.2.0/24", "table", "5"))
      ask(after: Self.ip("-6", "rule", "add", "fwmark", "7", "table", "5"))
      ask(after: Self.ip("-6", "rule", "del", "fwmark", "7", "table", "5"))
      ask(after: Self.ip("rule", "add", "fwmark", "0/0xff", "table", "5"))
      ask(after: Self.ip("rule", "del", "fwmark", "0/0xff", "table", "5"))
      let many = (1...600).allSatisfy { Self.ip("rule", "add", "from", "192.0.2.\($0 % 250)", "pref", "\(1_000 + $0)") }
      ask(after: many)
      ask(after: Self.ip("rule", "add", "not", "fwmark", "51820", "table", "5", "pref", "9000"))
    }
    #expect(end.wait(milliseconds: 30_000))
    #expect(answers.withLock { $0 } == [false, false, true, false, true, false, false, true])
  }
}

extension [UInt8] {
  /// The message with another nlmsg_seq.
  fileprivate func with(sequence: UInt32) -> [UInt8] {
    Array(self[..<8]) + Swift.withUnsafeBytes(of: sequence) { Array($0) } + self[12...]
  }
}
