import Glibc
import System
import TestSupport
import Testing
import Wire

@testable import Transport

@Suite struct ICMPReportTests {
  /// `struct sock_extended_err` in host order, and the offender's address behind it.
  private func message(
    _ code: Int32, origin: UInt8, type: UInt8, icmpCode: UInt8, offender: [UInt8] = []
  ) -> [UInt8] {
    let number = withUnsafeBytes(of: code) { Array($0) }
    return number + [origin, type, icmpCode, 0] + hex("00000000 00000000") + offender
  }

  private func report(_ bytes: [UInt8]) -> ICMPReport? { ICMPReport(bytes.span.bytes) }

  private var ipv4Offender: [UInt8] {
    withUnsafeBytes(of: UInt16(AF_INET)) { Array($0) } + hex("0000 c000020a 0000000000000000")
  }

  private var ipv6Offender: [UInt8] {
    withUnsafeBytes(of: UInt16(AF_INET6)) { Array($0) }
      + hex("0000 00000000 20010db8000000000000000000000009 00000000")
  }

  @Test func whatAndFromWhere() throws {
    let port = try #require(report(message(ECONNREFUSED, origin: 2, type: 3, icmpCode: 3, offender: ipv4Offender)))
    #expect(port.meaning == "port unreachable")
    #expect(port.sender?.host == "192.0.2.10")
    #expect(port.code == ECONNREFUSED)
    let host = try #require(report(message(EHOSTUNREACH, origin: 2, type: 3, icmpCode: 10, offender: ipv4Offender)))
    #expect(host.meaning == "host prohibited")
    let v6 = try #require(report(message(EACCES, origin: 3, type: 1, icmpCode: 1, offender: ipv6Offender)))
    #expect(v6.meaning == "communication prohibited")
    #expect(v6.sender?.host == "2001:db8::9")
    let unnamed = try #require(report(message(EPROTO, origin: 2, type: 42, icmpCode: 7)))
    #expect(unnamed.meaning == "ICMP type 42 code 7")
    #expect(unnamed.sender == nil)
  }

  /// ee_info, behind the eight bytes of errno, origin, type and code.
  @Test func whatARouterCarries() throws {
    var bytes = message(EMSGSIZE, origin: 2, type: 3, icmpCode: 4, offender: ipv4Offender)
    #expect(try #require(report(bytes)).mtu == nil, "it tells none")
    bytes.replaceSubrange(8..<12, with: withUnsafeBytes(of: UInt32(1_400)) { Array($0) })
    #expect(try #require(report(bytes)).mtu == 1_400)
    var other = message(ECONNREFUSED, origin: 2, type: 3, icmpCode: 3)
    other.replaceSubrange(8..<12, with: bytes[8..<12])
    #expect(try #require(report(other)).mtu == nil)
  }

  @Test func errorsOfThisHostAreNone() {
    #expect(report(message(EMSGSIZE, origin: 1, type: 0, icmpCode: 0, offender: ipv4Offender)) == nil)
  }

  @Test func anyLength() {
    let whole = message(ECONNREFUSED, origin: 3, type: 1, icmpCode: 4, offender: ipv6Offender)
    for length in 0..<whole.count {
      let found = report(Array(whole.prefix(length)))
      #expect((found == nil) == (length < 16))
      #expect(found?.sender == nil)
    }
  }

  /// The kernel's own queue: a refused datagram on loopback names its refuser.
  @Test(arguments: [false, true]) func fromTheKernel(isV6: Bool) throws {
    let port = try UDPSink.closedPort(isV6: isV6)
    let host = isV6 ? "::1" : "127.0.0.1"
    let sender = try SenderRig(to: [port], isV6: isV6, sourcePorts: 1)
    for round in 0..<3 {
      sender.append([UInt8(round)], headByteCount: 1, flow: FlowHash(value: 1))
      sender.send()
    }
    sender.paths[0].takeReports()
    let account = sender.paths[0].ledger.report
    #expect(account.icmp["port unreachable", default: 0] >= 2)
    #expect(account.icmp.count == 1)
    #expect(account.lastError == "port unreachable from \(host)")
    #expect(account.sentDatagrams == 3)
    #expect(account.sentBytes == UInt64(3 * (1 + (isV6 ? 48 : 28))))
    #expect(account.failed.isEmpty)
  }
}
