import Glibc
import TestSupport
import Testing
import Wire

@testable import Capture

/// The exclusions on many frames, whole and cut at every length, against a plain model of what they say.
@Suite struct ExclusionPropertyTests {
  private static let ports: [ClosedRange<UInt16>] = [50_000...50_003, 61_000...61_000]
  private static let model = ExclusionModel(
    ports: ports, collectors: [([10, 9, 9, 9], 4789), (v6Address(9), 4790), ([10, 9, 9, 8], 5000)])
  private static let sides = [Beside(), .outgoing, .loopback]

  private func program(_ user: BPFProgram, includesMetadata: Bool = false, raw: Bool = false) -> BPFProgram {
    let plan = plan(
      collectors: [("10.9.9.9", 4789), ("2001:db8::9", 4790), ("10.9.9.8", 5000)], sourcePorts: Self.ports,
      includesMetadata: includesMetadata)
    return ExclusionProgram.program(plan.exclusions, raw ? .raw : .ethernet, before: user)
  }

  /// Frames from values that matter, so that every branch is met.
  private func frame(_ random: inout SeededGenerator) -> [UInt8] {
    let isV6 = random.chance(2)
    let endpoints = ExclusionModel.endpoints.filter { ($0.count == 16) == isV6 }
    let own =
      isV6
      ? [v6Address(1), v6Address(9), [UInt8](repeating: 0, count: 15) + [1]]
      : [
        [10, 0, 0, 1], [10, 9, 9, 9], [10, 9, 9, 8], [127, 0, 0, 1], [169, 254, 169, 253],
      ]
    let address = { (random: inout SeededGenerator) in random.pick(random.chance(12) ? endpoints : own) }
    let addresses = Addresses(address(&random), address(&random))
    let ports: [UInt16] = [50_000, 50_003, 50_004, 49_999, 61_000, 4789, 4790, 5000, 51_679, 80]
    func packet(_ depth: Int) -> [UInt8] {
      let options = [UInt8](repeating: 1, count: random.chance(4) ? 4 * random.int(1...10) : 0)
      let flags: UInt16 = random.pick([0x4000, 0x4000, 0x4000, 0x2000, 0x2001, 0x0007])
      let data = random.chance(3) ? [8, 0, 0, 0, 0, 0, 1, 0] + ControlFrame.bytes(.request, body: []) : [1, 2, 3]
      var payload = udpDatagram(addresses, from: random.pick(ports), to: random.pick(ports), data)
      var number: UInt8 = 17
      switch random.int(0...(depth == 0 ? 4 : 2)) {
      case 0:
        number = 6
        var header = TCPBuilder()
        header.sourcePort = random.pick(ports)
        header.destinationPort = random.pick(ports)
        payload = header.segment(addresses, [1])
      case 3, 4:
        number = isV6 ? 58 : 1
        payload = [UInt8(random.int(0...14)), 0, 0, 0, 0, 0, 0, 0] + packet(1)
      default: break
      }
      return isV6 ? ipv6(addresses, number, payload) : ipv4(addresses, number, flags: flags, options: options, payload)
    }
    let tags = random.pick(ExclusionTests.tags + [[(0x8100, 1), (0x8100, 2), (0x8100, 3)]])
    return ethernet(isV6 ? 0x86DD : 0x0800, tags: tags, packet(0))
  }

  @Test func asTheModelSaysAtEveryLength() {
    let user = BPFProgram(instructions: [.keep(1)])
    let programs = Self.sides.map { ($0, program(user).on($0)) }
    var random = SeededGenerator(seed: 901)
    var excluded = 0
    for _ in 0..<600 {
      var frame = frame(&random)
      // A byte of the headers that nobody expects.
      if random.chance(3) { frame[random.int(12...frame.count - 1)] = UInt8(random.int(0...255)) }
      for (beside, program) in programs {
        for count in 0...min(frame.count, 120) {
          let cut = Array(frame.prefix(count))
          let isExcluded = Self.model.excludes(cut, beside)
          excluded += isExcluded ? 1 : 0
          if program.takes(cut) == isExcluded { Issue.record("\(beside): \(cut)") }
        }
      }
    }
    #expect(excluded > 4_000)
  }

  /// What is not excluded meets the user's program as if it stood alone.
  @Test(arguments: ["", "tcp", "udp port 5000 or icmp", "ip[0] & 0xf > 5", "len < 90", "vlan and udp", "not ip6"])
  func theUsersProgramIsUntouched(filter: String) throws {
    let user = try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(filter)
    let whole = program(user).on(.outgoing)
    var random = SeededGenerator(seed: 902)
    for _ in 0..<5_000 {
      let frame = random.chance(20) ? random.bytes(random.int(0...100)) : frame(&random)
      if Self.model.excludes(frame, .outgoing) { continue }
      if whole.kept(frame) != user.kept(frame) { Issue.record("\(frame)") }
    }
  }

  /// The same without an Ethernet header, by direction.
  @Test func rawPackets() {
    let programs = FilterCompiler.RawPrograms(program(BPFProgram(instructions: [.keep(1)]), raw: true))
    var random = SeededGenerator(seed: 903)
    for _ in 0..<5_000 {
      var frame = frame(&random)
      // The IP header behind the tags that the kernel would not have passed up.
      let header = frame.indices.dropFirst(14).first { [4, 6].contains(frame[$0] >> 4) && ($0 - 14) % 4 == 0 }
      guard let header else { continue }
      frame.removeFirst(header)
      let isEthernet = ethernet(frame)
      for count in [frame.count, random.int(0...frame.count)] {
        let cut = Array(frame.prefix(count))
        let wrapped = Array(isEthernet.prefix(14 + count))
        #expect(programs.outgoing.takes(cut) != Self.model.excludes(wrapped, .outgoing))
        #expect(programs.incoming.takes(cut) != Self.model.excludes(wrapped, Beside()))
      }
    }
  }

  /// The kernel and libpcap's interpreter agree, for one metadata value that a Unix socket has (PACKET_HOST).
  @Test func theKernelSaysTheSame() throws {
    let program = program(BPFProgram(instructions: [.keep(BPFProgram.wholeFrame)]))
      .replacing([.hardwareType: 1])
    var pair: [CInt] = [0, 0]
    try #require(socketpair(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0, &pair) == 0)
    defer { for end in pair { close(end) } }
    try program.attach(to: pair[1])
    let judge = program.on(Beside())
    var random = SeededGenerator(seed: 904)
    var buffer = [UInt8](repeating: 0, count: 4_096)
    for number in 0..<3_000 {
      let frame = frame(&random)
      let cut = Array(frame.prefix(number % 2 == 0 ? frame.count : random.int(1...frame.count)))
      try #require(send(pair[0], cut, cut.count, 0) == cut.count)
      let isTaken = recv(pair[1], &buffer, buffer.count, CInt(MSG_DONTWAIT)) == cut.count
      if isTaken != judge.takes(cut) { Issue.record("\(cut)") }
    }
  }
}
