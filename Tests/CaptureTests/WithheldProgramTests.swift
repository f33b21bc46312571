import TestSupport
import Testing
import Wire

@testable import Capture

/// Flows that a filter keeps out, frame by frame.
@Suite struct WithheldProgramTests {
  private static let takeAll = BPFProgram(instructions: [.keep(BPFProgram.wholeFrame)])

  private struct Flow {
    var addresses: Addresses
    var source: UInt16
    var destination: UInt16

    func withheld(
      _ sequence: UInt32, _ acknowledgment: UInt32, exception: WithheldFlow.Exception = .nothing, udp: Bool = false
    )
      -> WithheldFlow
    {
      func address(_ bytes: [UInt8]) -> WithheldFlow.Address {
        let words = ([UInt8](repeating: 0, count: 16 - bytes.count) + bytes).withUnsafeBytes { raw in
          (0..<2).map { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
        return .init(high: words[0], low: words[1])
      }
      return WithheldFlow(
        source: address(addresses.source), destination: address(addresses.destination),
        ports: UInt32(source) << 16 | UInt32(destination), version: addresses.isV6 ? 6 : 4, upperProtocol: udp ? 17 : 6,
        sequence: udp ? .all : .init(start: sequence, count: 1_000),
        acknowledgment: udp ? .all : .init(start: acknowledgment, count: 10), exception: exception)
    }

    func frame(
      _ sequence: UInt32, _ acknowledgment: UInt32, flags: UInt8 = 0x10, payload: [UInt8] = [1, 2, 3], tags: Int = 0,
      options: [UInt8] = [], tcpOptions: [UInt8] = []
    ) -> [UInt8] {
      var tcp = TCPBuilder()
      (tcp.sourcePort, tcp.destinationPort) = (source, destination)
      (tcp.sequence, tcp.acknowledgement, tcp.flags, tcp.options) = (sequence, acknowledgment, flags, tcpOptions)
      let segment = tcp.segment(addresses, payload)
      let all = [(UInt16, UInt16)](repeating: (0x8100, 1), count: tags)
      return addresses.isV6
        ? ethernet(0x86DD, tags: all, ipv6(addresses, 6, segment))
        : ethernet(0x0800, tags: all, ipv4(addresses, 6, options: options, segment))
    }
  }

  private static let flows: [Flow] = (0..<40).map { number in
    let isV6 = number % 3 == 0
    return Flow(
      addresses: isV6
        ? Addresses(v6Address(UInt8(number)), v6Address(9)) : Addresses([10, 0, UInt8(number), 1], [10, 1, 1, 1]),
      // Some share their ports.
      source: UInt16(1_000 + number / 2), destination: 443)
  }

  private func takes(_ flows: [WithheldFlow], _ frame: [UInt8], random: UInt32 = 1) -> Bool {
    WithheldProgram.program(flows, .ethernet, after: Self.takeAll).replacing([.random: random]).takes(frame)
  }

  @Test func onlyTheFlowsOfTheList() {
    for count in [1, 2, 3, 7, 40] {
      let list = Self.flows.prefix(count).map { $0.withheld(.max - 499, 5_000) }
      for (index, flow) in Self.flows.enumerated() {
        #expect(takes(list, flow.frame(10, 5_001)) == (index >= count), "\(index) of \(count)")
        #expect(takes(list, flow.frame(.max - 499, 5_009, tags: 2)) == (index >= count))
        // The other direction.
        var back = flow
        back.addresses = flow.addresses.reversed
        (back.source, back.destination) = (flow.destination, flow.source)
        #expect(takes(list, back.frame(10, 5_001)))
      }
    }
  }

  @Test func outsideTheWindowsAndAtMilestones() {
    for flow in Self.flows.prefix(4) {
      let list = [flow.withheld(1_000, 5_000)]
      #expect(!takes(list, flow.frame(1_000, 5_000)) && !takes(list, flow.frame(1_999, 5_009)))
      #expect(takes(list, flow.frame(999, 5_000)) && takes(list, flow.frame(2_000, 5_000)))
      #expect(takes(list, flow.frame(1_000, 4_999)) && takes(list, flow.frame(1_000, 5_010)))
      for flags: UInt8 in [0x02, 0x12, 0x11, 0x14] { #expect(takes(list, flow.frame(1_000, 5_000, flags: flags))) }
      // One of 1,024.
      #expect(takes(list, flow.frame(1_000, 5_000), random: 4_096))
      #expect(!takes(list, flow.frame(1_000, 5_000), random: 4_095))
    }
  }

  @Test func recordsThatAreNoData() {
    for flow in Self.flows.prefix(4) {
      let list = [flow.withheld(1_000, 5_000, exception: .records)]
      for type in UInt8(18)...25 {
        for options in [[], [UInt8](repeating: 1, count: 12)] {
          let frame = flow.frame(1_000, 5_000, payload: [type, 3, 3, 0, 2, 1, 0], tcpOptions: options)
          #expect(takes(list, frame) == (20...22).contains(type), "\(type)")
        }
      }
      #expect(!takes(list, flow.frame(1_000, 5_000, payload: [])))
      #expect(!takes(list, flow.frame(1_000, 5_000, payload: [21])))
      #expect(!takes(list, flow.frame(1_000, 5_000, payload: [21, 7])))
    }
  }

  @Test func datagramsWithLongHeaders() {
    for flow in Self.flows.prefix(4) {
      let list = [flow.withheld(0, 0, exception: .longHeaders, udp: true)]
      for first in [UInt8(0x40), 0x7F, 0x80, 0xC3] {
        let datagram = udpDatagram(flow.addresses, from: flow.source, to: flow.destination, [first, 1, 2, 3])
        let packet = flow.addresses.isV6 ? ipv6(flow.addresses, 17, datagram) : ipv4(flow.addresses, 17, datagram)
        #expect(takes(list, ethernet(flow.addresses.isV6 ? 0x86DD : 0x0800, packet)) == (first & 0x80 != 0))
      }
      #expect(takes(list, flow.frame(0, 0)))
    }
  }

  /// What ends too early, fragments, options, and any bytes: taken, or judged as what they are.
  @Test func whatCannotBeJudgedIsTaken() {
    var random = SeededGenerator(seed: 1_301)
    let list = Self.flows.map { $0.withheld(1_000, 5_000, exception: .records) }
    for flow in Self.flows.prefix(4) {
      let whole = flow.frame(1_000, 5_000)
      for count in 0..<whole.count - 3 - 6 { #expect(takes(list, Array(whole.prefix(count)))) }
      guard !flow.addresses.isV6 else { continue }
      #expect(!takes(list, flow.frame(1_000, 5_000, options: [UInt8](repeating: 1, count: 8))))
      var fragment = whole
      fragment[20] = 0x20
      #expect(takes(list, fragment))
    }
    for _ in 0..<2_000 { _ = takes(list, random.bytes(random.int(0...120))) }
  }

  /// The largest list fits beside itself into a kernel's memory for filters, or the engine halves it; none is too long.
  @Test func theLargestListIsNoLongerThanTheKernelTakes() {
    let list = (0..<64).map { number in
      Flow(
        addresses: Addresses(v6Address(UInt8(number)), v6Address(9)), source: UInt16(2_000 + number), destination: 443
      ).withheld(7, 9, exception: .records)
    }
    let program = WithheldProgram.program(list, .ethernet, after: Self.takeAll)
    #expect(program.instructions.count < BPFProgram.maximumCount)
  }
}
