import Glibc
import TestSupport
import Testing

@testable import Capture

/// Programs for packet sockets.
@Suite struct FilterProgramTests {
  private let request = ethernet(ipv4(6, TCPHeader().segment(.v4, [1])))
  private let query = ethernet(ipv4(17, udpDatagram(.v4, [1])))

  /// What the kernel keeps beside a packet (SKF_AD_IFINDEX, SKF_AD_HATYPE, SKF_AD_PKTTYPE).
  private struct Beside {
    var interface: UInt32 = 1
    var hardwareType: UInt32 = 1
    var packetType: UInt32 = 0
  }

  /// The program with its loads of such data replaced by the data, as libpcap's interpreter knows none.
  private func program(_ program: BPFProgram, _ beside: Beside) -> BPFProgram {
    var copy = program
    for (index, instruction) in copy.instructions.enumerated() where instruction.code == 0x20 {
      let value: UInt32
      switch instruction.k {
      case 0xFFFF_F008: value = beside.interface
      case 0xFFFF_F01C: value = beside.hardwareType
      case 0xFFFF_F004: value = beside.packetType
      default: continue
      }
      copy.instructions[index] = BPFProgram.Instruction(0x00, value)
    }
    return copy
  }

  private func tcp() throws -> BPFProgram { try FilterCompiler.compile(plan("tcp", includesMetadata: true)).ethernet }

  @Test func ethernetAndLoopbackRunTheProgram() throws {
    let socket = try tcp().forPacketSocket(interfaces: [], passingOthers: true)
    for (type, packetType, isSeen) in [(UInt32(1), UInt32(0), true), (1, 4, true), (772, 0, true), (772, 4, false)] {
      let one = program(socket, Beside(hardwareType: type, packetType: packetType))
      // Of loopback only the copy that comes in, or each frame would be there twice.
      #expect(one.takes(request) == isSeen, "type \(type), packet type \(packetType)")
      #expect(!one.takes(query))
    }
  }

  @Test func othersArePassedUpOrNot() throws {
    let beside = Beside(hardwareType: 65_534)
    let passing = program(try tcp().forPacketSocket(interfaces: [], passingOthers: true), beside)
    #expect(passing.kept([0x45, 0]) == BPFProgram.wholeFrame)
    let rejecting = program(try tcp().forPacketSocket(interfaces: [], passingOthers: false), beside)
    #expect(!rejecting.takes([0x45, 0]))
  }

  /// The list may be longer than a conditional jump reaches.
  @Test(arguments: [1, 2, 254, 255, 256, 1_000]) func interfaces(count: Int) throws {
    let wanted = (0..<count).map { Int32($0 * 3 + 2) }
    let socket = try tcp().forPacketSocket(interfaces: wanted, passingOthers: true)
    for index in [wanted[0], wanted[count / 2], wanted[count - 1]] {
      #expect(program(socket, Beside(interface: UInt32(index))).takes(request))
      #expect(!program(socket, Beside(interface: UInt32(index) + 1)).takes(request))
      #expect(!program(socket, Beside(interface: UInt32(index))).takes(query))
    }
  }

  @Test func snapLength() throws {
    let programs = try FilterCompiler.compile(plan("tcp", snapLength: 96))
    #expect(programs.ethernet.kept(request) == 96)
    #expect(programs.ethernet.kept(query) == 0)
    #expect(try #require(programs.raw).kept(Array(request.dropFirst(14))) == 96)
    #expect(try FilterCompiler.compile(plan("tcp")).ethernet.kept(request) == BPFProgram.wholeFrame)
    #expect(!BPFProgram.rejectAll.keeping(96).takes(request))
  }

  /// Frames without an Ethernet header meet a program of their own; where the expression makes no sense, none.
  @Test func rawIP() throws {
    let programs = try FilterCompiler.compile(plan("tcp", collectors: [("10.0.0.2", 53)]))
    let raw = try #require(programs.raw)
    #expect(raw.takes(Array(request.dropFirst(14))))
    #expect(!raw.takes(Array(query.dropFirst(14))))
    let all = try #require(try FilterCompiler.compile(plan(collectors: [("10.0.0.2", 53)])).raw)
    #expect(!all.takes(Array(query.dropFirst(14))))
    #expect(all.takes(ipv6(17, udpDatagram(.v6, [1]))))
    #expect(try FilterCompiler.compile(plan("ether host 02:00:00:00:00:01")).raw == nil)
  }

  @Test(arguments: [
    ("vlan 5", true), ("inbound", true), ("outbound and tcp", true), ("ifindex 3", true), ("tcp port 80", false),
    ("", false),
  ])
  func needsALiveHandle(filter: String, isNeeded: Bool) {
    #expect(FilterCompiler.needsLiveHandle(filter) == isNeeded)
  }

  /// The kernel's own judgement; a UDP socket takes filters from anybody.
  @Test func attaching() throws {
    let descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    try BPFProgram.rejectAll.attach(to: descriptor)
    try FilterCompiler.compile(plan("tcp", collectors: [("10.9.9.9", 4789)])).ethernet
      .forPacketSocket(interfaces: [1, 2], passingOthers: true).attach(to: descriptor)
    for count in [4_097, 65_536, 70_000] {
      let long = BPFProgram(instructions: [BPFProgram.Instruction](repeating: .init(0x06, 0), count: count))
      #expect(throws: CaptureError.self) { try long.attach(to: descriptor) }
    }
    let longest = BPFProgram(instructions: [BPFProgram.Instruction](repeating: .init(0x06, 0), count: 4_096))
    try? longest.attach(to: descriptor)
  }

  /// Crafted packets end no program.
  @Test func packetsOfAnyLength() throws {
    let program = try FilterCompiler.compile(plan("tcp or udp", collectors: [("10.9.9.9", 4789), ("::1", 4789)]))
      .ethernet
    var random = SeededGenerator(seed: 121)
    for count in 0...200 { _ = program.takes(random.bytes(count)) }
    for count in 0...request.count { _ = program.takes(Array(request.prefix(count))) }
    #expect(program.takes(request))
  }
}
