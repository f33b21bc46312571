import Capture
import Telemetry
import Testing

@testable import Forwarder

/// What is told of interfaces, from what was heard of them.
@Suite struct InterfaceBoardTests {
  @Test func theNamedOnes() {
    let board = InterfaceBoard()
    func state(_ name: String) -> ForwarderStatus.Interface? {
      board.interfaces(.named(["eth0", "eth1"]), present: []).first { $0.name == name }
    }
    #expect(state("eth0") == .init(name: "eth0", linkType: nil, state: "lost"), "nothing heard is no trouble")
    board.note(.capturing(name: "eth0", linkType: "EN10MB"))
    #expect(state("eth0") == .init(name: "eth0", linkType: "EN10MB", state: "captured"))
    board.note(.renamed(name: "eth0", to: "wan0"))
    #expect(state("eth0")?.state == "captured")
    board.note(.lost(name: "eth0", reason: "it is gone"))
    #expect(state("eth0") == .init(name: "eth0", linkType: nil, state: "lost", trouble: "it is gone"))
    board.note(.returned(name: "eth0", milliseconds: 7))
    #expect(state("eth0")?.trouble == nil && state("eth0")?.state == "captured")
    board.note(.skipped(name: "eth1", reason: "IEEE802_11"))
    #expect(state("eth1")?.trouble == "IEEE802_11")
  }

  /// With `any`, what comes and goes is no trouble.
  @Test func allOfThem() throws {
    let present = NetworkInterface.all()
    let board = InterfaceBoard()
    board.note(.lost(name: "lo", reason: "it is down"))
    let found = board.interfaces(.any, present: present)
    #expect(found.map(\.name) == present.map(\.name))
    let loopback = try #require(found.first { $0.name == "lo" })
    #expect(loopback.trouble == nil && loopback.linkType == "EN10MB")
    board.note(.skipped(name: "lo", reason: "the filter makes no sense on it"))
    #expect(board.interfaces(.any, present: present).first { $0.name == "lo" }?.state == "left out")
    #expect(board.interfaces(.any, present: []).isEmpty)
  }

  /// A host makes thousands of interfaces in its life.
  @Test func whatIsKeptIsBounded() {
    let board = InterfaceBoard()
    for number in 0..<10_000 { board.note(.capturing(name: "veth\(number)", linkType: "EN10MB")) }
    let names = (0..<10_000).map { "veth\($0)" }
    #expect(board.interfaces(.named(names), present: []).count { $0.state == "captured" } <= 256)
  }
}
