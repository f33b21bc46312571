import TestSupport
import Testing

@testable import Capture

/// EXCLUDE: what it takes is rejected, whatever the user's filter says.
@Suite struct ExcludedExpressionTests {
  private func frame(_ source: String, _ destination: String, tags: [(UInt16, UInt16)] = []) -> [UInt8] {
    let addresses = Addresses(source, destination)
    return ethernet(0x0800, tags: tags, ipv4(addresses, 6, TCPBuilder().segment(addresses, [1])))
  }

  private func compile(_ filter: String, excluding expression: String) throws -> FilterCompiler.Programs {
    var plan = plan(filter, includesMetadata: true)
    plan.exclusions.expression = expression
    return try FilterCompiler.compile(plan)
  }

  static let filters = ["", "tcp", "host 10.0.0.5", "host 10.0.0.5 or tcp", "not (not tcp)", "ip[6:2] & 0x1fff = 0"]

  @Test(arguments: filters, ["host 10.0.0.5", "net 10.0.0.4/30 or udp", "not host 10.0.0.1 or ip"])
  func whatIsExcludedIsNotTaken(filter: String, expression: String) throws {
    let program = try compile(filter, excluding: expression).ethernet
    #expect(!program.takes(frame("10.0.0.1", "10.0.0.5")) && !program.takes(frame("10.0.0.5", "10.0.0.1")))
  }

  @Test func theRestIsForTheFilter() throws {
    let program = try compile("tcp", excluding: "host 10.0.0.5 and tcp port 9999").ethernet
    #expect(program.takes(frame("10.0.0.1", "10.0.0.5")) && program.takes(frame("10.0.0.1", "10.0.0.9")))
    let addresses = Addresses("10.0.0.1", "10.0.0.9")
    let datagram = ipv4(addresses, 17, udpDatagram(addresses, from: 5, to: 6, [1]))
    #expect(!program.takes(ethernet(datagram)))
    #expect(try compile("", excluding: "tcp").ethernet.takes(ethernet(datagram)))
    #expect(try !compile("", excluding: "ip or ip6 or arp or not ip").ethernet.takes(ethernet(datagram)))
  }

  /// Neither of them closes a parenthesis of the other, and `vlan` in one of them moves nothing in the other.
  @Test func neitherReachesTheOther() throws {
    #expect(throws: CaptureError.self) { try compile("tcp", excluding: "host 10.0.0.5) or (tcp") }
    #expect(throws: CaptureError.self) { try compile("tcp) or (udp", excluding: "host 10.0.0.5") }
    // As one expression, `... or vlan) and not (host ...)` would look for the address four bytes later.
    let dead = PcapHandle.dead(linkType: LinkTypes.ethernet)
    let program = try dead.compile("tcp or vlan").rejecting(try dead.compile("host 10.0.0.5"))
    #expect(!program.takes(frame("10.0.0.1", "10.0.0.5")) && program.takes(frame("10.0.0.1", "10.0.0.6")))
    #expect(program.takes(frame("10.0.0.1", "10.0.0.6", tags: [(0x8100, 7)])))
  }

  /// On packets without an Ethernet header as well; an expression that makes no sense there takes none of them.
  @Test func onRawPackets() throws {
    let addresses = Addresses("10.0.0.1", "10.0.0.5")
    let packet = ipv4(addresses, 6, TCPBuilder().segment(addresses, [1]))
    let raw = try #require(try compile("tcp", excluding: "host 10.0.0.5").raw)
    #expect(!raw.incoming.takes(packet) && !raw.outgoing.takes(packet))
    #expect(try #require(try compile("tcp", excluding: "host 10.0.0.6").raw).incoming.takes(packet))
    #expect(try compile("tcp", excluding: "ether host 02:00:00:00:00:01").raw == nil)
  }

  @Test func snapLengthAndExclusions() throws {
    var plan = plan("tcp", snapLength: 77)
    plan.exclusions.expression = "host 10.0.0.5"
    let program = try FilterCompiler.compile(plan).ethernet
    #expect(program.kept(frame("10.0.0.1", "10.0.0.6")) == 77)
    #expect(program.kept(frame("10.0.0.1", "10.0.0.5")) == 0)
    #expect(!program.takes(frame("10.0.0.1", "169.254.169.254")))
  }

  @Test func validation() throws {
    var plan = plan("tcp")
    plan.exclusions.expression = "tcp and"
    let error = #expect(throws: CaptureError.self) { try plan.validateFilter() }
    guard case .exclusion("tcp and", let message)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!message.isEmpty)
    plan.exclusions.expression = "tcp port 8200"
    #expect(throws: Never.self) { try plan.validateFilter() }
    plan.filter = "nonsense"
    #expect(throws: CaptureError.filter(expression: "nonsense", message: "")) {
      do throws(CaptureError) { try plan.validateFilter() } catch {
        if case .filter(let expression, _) = error { throw CaptureError.filter(expression: expression, message: "") }
        throw error
      }
    }
  }
}
