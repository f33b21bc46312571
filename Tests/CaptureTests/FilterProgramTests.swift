import Glibc
import TestSupport
import Testing

@testable import Capture

/// Programs for packet sockets.
@Suite struct FilterProgramTests {
  private let request = ethernet(ipv4(6, TCPBuilder().segment(.v4, [1])))
  private let query = ethernet(ipv4(17, udpDatagram(.v4, [1])))

  private func tcp() throws -> BPFProgram { try FilterCompiler.compile(plan("tcp", includesMetadata: true)).ethernet }

  @Test func ethernetAndLoopbackRunTheProgram() throws {
    let socket = try tcp().forPacketSocket(interfaces: [], passingOthers: true)
    for (type, packetType, isSeen) in [(UInt32(1), UInt32(0), true), (1, 4, true), (772, 0, true), (772, 4, false)] {
      let one = socket.on(Beside(hardwareType: type, packetType: packetType))
      // Of loopback only the copy that comes in, or each frame would be there twice.
      #expect(one.takes(request) == isSeen, "type \(type), packet type \(packetType)")
      #expect(!one.takes(query))
    }
  }

  @Test func othersArePassedUpOrNot() throws {
    let beside = Beside(hardwareType: 65_534)
    let passing = try tcp().forPacketSocket(interfaces: [], passingOthers: true).on(beside)
    #expect(passing.kept([0x45, 0]) == BPFProgram.wholeFrame)
    let rejecting = try tcp().forPacketSocket(interfaces: [], passingOthers: false).on(beside)
    #expect(!rejecting.takes([0x45, 0]))
  }

  /// The list may be longer than a conditional jump reaches.
  @Test(arguments: [1, 2, 254, 255, 256, 1_000]) func onlyTheNamedInterfacesPass(count: Int) throws {
    let wanted = (0..<count).map { Int32($0 * 3 + 2) }
    let socket = try tcp().forPacketSocket(interfaces: wanted, passingOthers: true)
    for index in [wanted[0], wanted[count / 2], wanted[count - 1]] {
      #expect(socket.on(Beside(interface: UInt32(index))).takes(request))
      #expect(!socket.on(Beside(interface: UInt32(index) + 1)).takes(request))
      #expect(!socket.on(Beside(interface: UInt32(index))).takes(query))
    }
  }

  /// Jumps of either side of a branch over either side of what an instruction reaches, each met by one value of A.
  @Test(arguments: [0, 1, 253, 254, 255, 256, 600], [0, 254, 255, 256, 600]) func farJumps(first: Int, second: Int) {
    var code = BPFAssembler()
    let (then, otherwise) = (code.label(), code.label())
    code.append(.load(.byte, at: 0))
    code.jump(if: .equal, 1, to: then, otherwise: otherwise)
    code.append((0..<first).map { _ in .keep(99) })
    code.place(then)
    code.append((0...second).map { .keep(UInt32(1_000 + $0)) })
    code.place(otherwise)
    code.append(.keep(2))
    let program = BPFProgram(instructions: code.assemble())
    #expect(program.kept([1]) == 1_000)
    #expect(program.kept([0]) == 2)
  }

  /// The mark comes first, on every link layer.
  @Test func markedPacketsAreRejectedFirst() throws {
    let programs = try FilterCompiler.compile(plan("tcp", sourcePorts: [50_000...50_003], mark: 0x1234))
    let socket = programs.forPacketSocket(interfaces: [7])
    #expect(socket.instructions[0].metadata == .mark)
    for type: UInt32 in [1, 772, 65_534] {
      let marked = Beside(interface: 7, hardwareType: type, mark: 0x1234)
      #expect(!socket.on(marked).takes(request))
      for other: UInt32 in [0, 0x1235, 0xFFFF_1234] {
        #expect(socket.on(Beside(interface: 7, hardwareType: type, mark: other)).takes(request))
      }
    }
  }

  @Test func snapLength() throws {
    let programs = try FilterCompiler.compile(plan("tcp", sourcePorts: [50_000...50_003], snapLength: 96))
    #expect(programs.ethernet.kept(request) == 96)
    #expect(programs.ethernet.kept(query) == 0)
    #expect(try #require(programs.raw).incoming.kept(Array(request.dropFirst(14))) == 96)
    #expect(try FilterCompiler.compile(plan("tcp")).ethernet.kept(request) == BPFProgram.wholeFrame)
    #expect(!BPFProgram.rejectAll.keeping(96).takes(request))
  }

  /// Frames without an Ethernet header meet programs of their own, by direction; where the expression makes no sense,
  /// none.
  @Test func rawIP() throws {
    let raw = try #require(try FilterCompiler.compile(plan("tcp", sourcePorts: [5_000...5_000])).raw)
    let all = try #require(try FilterCompiler.compile(plan(sourcePorts: [5_000...5_000])).raw)
    let (segment, datagram) = (Array(request.dropFirst(14)), Array(query.dropFirst(14)))
    #expect(raw.outgoing.takes(segment) && raw.incoming.takes(segment))
    #expect(!raw.outgoing.takes(datagram) && !raw.incoming.takes(datagram))
    #expect(!all.outgoing.takes(datagram) && all.incoming.takes(datagram))
    #expect(!all.outgoing.takes(ipv6(17, udpDatagram(.v6, [1]))))
    #expect(all.incoming.takes(ipv6(17, udpDatagram(.v6, [1]))))
    #expect(try FilterCompiler.compile(plan("ether host 02:00:00:00:00:01")).raw == nil)
  }

  @Test(arguments: [
    ("vlan 5", true), ("inbound", true), ("outbound and tcp", true), ("ifindex 3", true), ("tcp port 80", false),
    ("", false),
  ])
  func needsALiveHandle(filter: String, isNeeded: Bool) {
    #expect(FilterCompiler.needsLiveHandle(filter) == isNeeded)
  }

  /// What exclusions add to the user's program. The kernel before 6.7 has 20 KiB for this and the program before.
  @Test(arguments: [(collectors: 0, ranges: 1, limit: 190), (8, 1, 250), (8, 16, 280), (0, 20, 230)])
  func size(collectors: Int, ranges: Int, limit: Int) throws {
    let addresses = (0..<collectors).flatMap {
      [("10.\($0).9.\($0)", UInt16(4789)), ("2001:db8:\($0)::1", UInt16(4789))]
    }
    let ports = (0..<UInt16(ranges)).map { 49_152 + $0 * 100...49_155 + $0 * 100 }
    let plan = plan(collectors: addresses, sourcePorts: ports, mark: 1)
    let count = try FilterCompiler.compile(plan).forPacketSocket(interfaces: []).instructions.count
    #expect(count <= limit)
  }
}
