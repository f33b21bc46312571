import System
import Testing

@testable import Capture

/// What can be told of a filter before anything is captured: only what is certain.
@Suite struct FilterReviewTests {
  private static let own = SocketAddress(numeric: "192.0.2.1", port: 0)!
  private static let own6 = SocketAddress(numeric: "2001:db8::1", port: 0)!

  private func outlook(
    _ filter: String, seesOthers: Bool = false, isLoopback: Bool = false, excludesMetadata: Bool = true
  ) throws -> FilterReview.Outlook {
    let program = try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(filter)
    let place = FilterReview.Place(
      addresses: [Self.own, Self.own6], seesOthers: seesOthers, isLoopback: isLoopback)
    return FilterReview.judge(program, in: place, excludesMetadata: excludesMetadata)
  }

  private func isOpen(_ filter: String, seesOthers: Bool = false, isLoopback: Bool = false) throws -> Bool {
    try outlook(filter, seesOthers: seesOthers, isLoopback: isLoopback) == .open
  }

  @Test(arguments: [
    "", "tcp", "tcp port 443", "udp portrange 1000-2000", "host 192.0.2.1", "host 203.0.113.9", "net 10.0.0.0/8",
    "src host 192.0.2.1 and dst host 203.0.113.9", "src host 203.0.113.9 and dst host 224.0.0.1", "arp", "ip6",
    "src host 2001:db8::1", "src host 2001:db8::2 and dst host 2001:db8::1", "not tcp", "ether host 02:00:00:00:00:01",
    "ip[8] < 5", "tcp[tcpflags] & tcp-syn != 0", "vlan 5", "less 100", "tcp and not (port 22 or port 23)",
    "host 169.254.169.254 or tcp port 80", "arp host 203.0.113.9",
    "src host 0.0.0.0 and dst host 255.255.255.255",
  ])
  func anythingThatMayMatchIsOpen(_ filter: String) throws {
    #expect(try isOpen(filter))
  }

  @Test(arguments: [
    "src host 203.0.113.7 and dst host 203.0.113.8", "tcp and src host 203.0.113.7 and dst host 203.0.113.8",
    "src host 2001:db8::7 and dst host 2001:db8::8",
  ])
  func whatOthersSayToEachOtherDoesNotPass(_ filter: String) throws {
    #expect(try !isOpen(filter))
    #expect(try isOpen(filter, seesOthers: true))
  }

  @Test func theLoopbackInterfaceCarriesOwnAddresses() throws {
    #expect(try !isOpen("tcp and host 203.0.113.7", isLoopback: true))
    #expect(try isOpen("tcp and host 192.0.2.1", isLoopback: true))
    #expect(try isOpen("host 127.0.0.5", isLoopback: true))
  }

  @Test func credentialsAreNotMirrored() throws {
    for filter in ["tcp and host 169.254.170.2", "host 169.254.169.254 or host 169.254.170.23", "host fd00:ec2::254"] {
      guard case .nothing(let reason) = try outlook(filter) else {
        Issue.record("\(filter) is open")
        continue
      }
      #expect(reason.contains("MIRROR_METADATA"))
      #expect(try outlook(filter, excludesMetadata: false) == .open)
    }
  }

  /// What libpcap's optimizer leaves, and what a program of one's own may be.
  @Test func programsWithoutAWay() {
    #expect(FilterPaths.accepts(.rejectAll) { _ in true } == false)
    let contradiction = BPFProgram(instructions: [
      .load(.half, at: 12), BPFProgram.Instruction(0x15, 0x800, jumpTrue: 0, jumpFalse: 3),
      .load(.half, at: 12), BPFProgram.Instruction(0x15, 0x86DD, jumpTrue: 0, jumpFalse: 1), .keep(1), .keep(0),
    ])
    #expect(FilterPaths.accepts(contradiction) { _ in true } == false)
  }

  /// Ways without end, nearly: nothing is claimed, and it takes no time.
  @Test func tooManyWaysAreNotJudged() {
    var code: [BPFProgram.Instruction] = []
    for index in 0..<64 {
      code += [
        .load(.byte, at: UInt32(index)), BPFProgram.Instruction(0x25, 5, jumpTrue: 0, jumpFalse: 0),
      ]
    }
    let program = BPFProgram(instructions: code + [.keep(0)])
    #expect(FilterPaths.accepts(program) { _ in true } == nil)
  }

  /// The loopback interface is there; nothing is received on it.
  @Test func aWholeFilterIsCounted() throws {
    let plan = CapturePlan(
      interfaces: .any, filter: "tcp", exclusions: Exclusions(collectors: [], includesMetadata: false),
      snapLength: nil, bufferByteCount: 1 << 20)
    let place = FilterReview.Place(addresses: [], seesOthers: true, isLoopback: false)
    let review = try FilterReview.of(plan, in: place, isRaw: false)
    #expect(review.outlook == .open)
    #expect(review.expressionCount > 3)
    #expect(review.wholeCount > review.expressionCount + 10)
    var ethernet = plan
    ethernet.filter = "ether host 02:00:00:00:00:01"
    #expect(try FilterReview.of(ethernet, in: place, isRaw: true).outlook != .open)
  }
}
