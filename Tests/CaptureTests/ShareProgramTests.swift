import Glibc
import TestSupport
import Testing
import Wire

@testable import Capture

/// The share of flows as a filter, against `ShareHash` itself: the same arithmetic, frame by frame.
@Suite struct ShareProgramTests {
  private static let takeAll = BPFProgram(instructions: [.keep(BPFProgram.wholeFrame)])

  /// A frame of any kind, and where its packet begins.
  private func frame(_ random: inout SeededGenerator) -> [UInt8] {
    let isV6 = random.chance(2)
    let addresses = isV6 ? Addresses(v6Address(UInt8(random.int(0...255))), v6Address(9)) : randomV4(&random)
    let number: UInt8 = random.pick([6, 6, 17, 17, 132, 136, 33, 1, 58, 47])
    var payload = random.bytes(random.int(0...40))
    if random.chance(2) { payload += random.bytes(40) }
    let packet: [UInt8]
    if isV6 {
      var next = number
      for _ in 0..<random.pick([0, 0, 0, 1, 2, 3, 4]) {
        let kind: UInt8 = random.pick([0, 43, 60, 60, 44, 51])
        payload = extensionHeader(next: next, units: kind == 44 ? 0 : random.int(0...3)) + payload
        next = kind
      }
      packet = ipv6(addresses, next, payload)
    } else {
      let options = [UInt8](repeating: 1, count: random.chance(4) ? 4 * random.int(1...10) : 0)
      packet = ipv4(
        addresses, number, flags: random.pick([0x4000, 0x4000, 0, 0x2000, 0x2003, 0x0007, 0x8000]), options: options,
        payload)
    }
    let tags = [(UInt16, UInt16)](
      repeating: (random.pick([0x8100, 0x88A8, 0x9100]), 1), count: random.pick([0, 0, 0, 1, 2, 3, 4, 5]))
    return ethernet(isV6 ? 0x86DD : 0x0800, tags: tags, packet)
  }

  private func randomV4(_ random: inout SeededGenerator) -> Addresses {
    Addresses([10, 0, 0, UInt8(random.int(0...255))], [10, 0, UInt8(random.int(0...255)), 1])
  }

  /// What the data plane makes of the frame.
  private func hash(_ frame: [UInt8]) -> UInt32? {
    guard let header = EthernetHeader(frame.span.bytes) else { return nil }
    let packet = Array(frame.dropFirst(header.headerByteCount))
    return ShareHash.of(packet.span.bytes, etherType: header.etherType)
  }

  /// Thresholds on either side of the hash tell exactly which hash the program has.
  private func hasHash(_ frame: [UInt8], _ hash: UInt32?, _ layer: ExclusionProgram.Layer) -> Bool {
    func takes(_ threshold: UInt64) -> Bool {
      ShareProgram.program(FlowShare(threshold: threshold), layer, after: Self.takeAll).takes(frame)
    }
    guard let hash else { return takes(0) }
    return !takes(0) && !takes(UInt64(hash)) && (hash == .max || takes(UInt64(hash) + 1))
  }

  @Test func theFilterHasTheVerySameHashAtEveryLength() {
    var random = SeededGenerator(seed: 1201)
    var hashed = 0
    for _ in 0..<120 {
      var frame = frame(&random)
      if random.chance(3) { frame[random.int(12...frame.count - 1)] = UInt8(random.int(0...255)) }
      for count in 0...frame.count {
        let cut = Array(frame.prefix(count))
        let hash = hash(cut)
        hashed += hash == nil ? 0 : 1
        if !hasHash(cut, hash, .ethernet) { Issue.record("\(String(describing: hash)): \(cut)") }
      }
    }
    #expect(hashed > 2_000)
  }

  @Test func bytesThatAreNoFrame() {
    var random = SeededGenerator(seed: 1202)
    for number in 0..<2_000 {
      var bytes = random.bytes(random.int(0...120))
      if number % 2 == 0, bytes.count > 14 { (bytes[12], bytes[13]) = random.pick([(8, 0), (0x86, 0xDD), (0x81, 0)]) }
      if !hasHash(bytes, hash(bytes), .ethernet) { Issue.record("\(bytes)") }
    }
  }

  @Test func packetsWithoutAnEthernetHeader() {
    var random = SeededGenerator(seed: 1203)
    for _ in 0..<1_500 {
      let frame = frame(&random)
      guard let header = EthernetHeader(frame.span.bytes), header.etherType == 0x0800 || header.etherType == 0x86DD
      else { continue }
      let packet = Array(frame.dropFirst(header.headerByteCount).prefix(random.int(1...90)))
      let hash = ShareHash.of(packet.span.bytes, etherType: header.etherType)
      if !hasHash(packet, hash, .raw) { Issue.record("\(packet)") }
    }
  }

  /// The kernel's own interpreter or compiler agrees with libpcap's.
  @Test func theKernelSaysTheSame() throws {
    var pair: [CInt] = [0, 0]
    // SOCK_DGRAM, which Swift does not find in a file that imports Wire as well.
    try #require(socketpair(AF_UNIX, 2, 0, &pair) == 0)
    defer { for end in pair { close(end) } }
    let share = FlowShare.one(of: 3)
    try ShareProgram.program(share, .ethernet, after: Self.takeAll).attach(to: pair[1])
    var random = SeededGenerator(seed: 1204)
    var buffer = [UInt8](repeating: 0, count: 4_096)
    var taken = 0
    for _ in 0..<4_000 {
      let frame = frame(&random)
      let cut = Array(frame.prefix(random.chance(2) ? frame.count : random.int(1...frame.count)))
      try #require(send(pair[0], cut, cut.count, 0) == cut.count)
      let isTaken = recv(pair[1], &buffer, buffer.count, CInt(MSG_DONTWAIT)) == cut.count
      taken += isTaken ? 1 : 0
      if isTaken != (hash(cut).map { share.contains($0) } ?? true) { Issue.record("\(cut)") }
    }
    #expect((1_000...3_000).contains(taken))
  }

  /// The user's filter is what it was, and what it keeps is what SNAP_LENGTH says.
  @Test(arguments: ["tcp", "udp or icmp", "not ip6", "len < 80", "vlan and udp"])
  func theUsersProgramStillDecides(filter: String) throws {
    let user = try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(filter)
    let share = FlowShare.one(of: 4)
    let program = ShareProgram.program(share, .ethernet, after: user).keeping(77)
    var random = SeededGenerator(seed: 1205)
    for _ in 0..<1_500 {
      let frame = frame(&random)
      let isIn = user.takes(frame) && (hash(frame).map { share.contains($0) } ?? true)
      if program.kept(frame) != (isIn ? 77 : 0) { Issue.record("\(frame)") }
    }
  }

  /// Everything of a plan with a share, and what it costs in instructions: two of them must fit beside each other into
  /// the 20 KiB that kernels before 6.7 have for a socket's options.
  @Test func aPlanCarriesItsShare() throws {
    var shared = plan("tcp port 8080", sourcePorts: [50_000...50_003], mark: 1)
    let all = try FilterCompiler.compile(shared)
    shared.share = .one(of: 2)
    let half = try FilterCompiler.compile(shared, after: all)
    #expect(half.ethernet != all.ethernet)
    #expect(half.raw?.incoming != all.raw?.incoming)
    #expect(half.ethernet.instructions.count - all.ethernet.instructions.count < 250)
    shared.filter = "udp"
    #expect(try FilterCompiler.compile(shared, after: half).ethernet == FilterCompiler.compile(shared).ethernet)
  }
}
