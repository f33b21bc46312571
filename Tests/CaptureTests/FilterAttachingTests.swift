import Glibc
import TestSupport
import Testing

@testable import Capture

/// Filters in the kernel; any socket takes them from anybody.
@Suite struct FilterAttachingTests {
  /// Two ends of a Unix datagram socket; what is sent to one comes to the other if that one's filter takes it.
  private final class Pair {
    private var ends: [CInt] = [0, 0]
    var descriptor: CInt { ends[1] }

    init() throws {
      try #require(socketpair(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0, &ends) == 0)
    }

    deinit { for end in ends { close(end) } }

    /// Whether one byte gets through.
    var isOpen: Bool {
      var byte: UInt8 = 1
      return send(ends[0], &byte, 1, 0) == 1 && recv(ends[1], &byte, 1, CInt(MSG_DONTWAIT)) == 1
    }
  }

  /// A program that takes everything after `loads` loads, which take the kernel a good deal of memory each.
  private func program(loads: Int) -> BPFProgram {
    BPFProgram(instructions: [BPFProgram.Instruction](repeating: .load(.byte, at: 0), count: loads) + [.keep(1)])
  }

  /// The most loads whose program a fresh socket takes.
  private func mostLoads() throws -> Int {
    var (possible, impossible) = (0, BPFProgram.maximumCount)
    while impossible - possible > 1 {
      let middle = (possible + impossible) / 2
      let pair = try Pair()
      if (try? program(loads: middle).attach(to: pair.descriptor)) != nil {
        possible = middle
      } else {
        impossible = middle
      }
    }
    return possible
  }

  @Test func programsAttachUpToTheKernelsLimit() throws {
    let pair = try Pair()
    try BPFProgram.rejectAll.attach(to: pair.descriptor)
    #expect(!pair.isOpen)
    try FilterCompiler.compile(plan("tcp", collectors: [("10.9.9.9", 4789)], sourcePorts: [50_000...50_003], mark: 7))
      .forPacketSocket(interfaces: [1, 2]).attach(to: pair.descriptor)
    for count in [4_097, 65_536, 70_000] {
      let long = BPFProgram(instructions: [BPFProgram.Instruction](repeating: .keep(0), count: count))
      #expect(throws: CaptureError.self) { try long.attach(to: pair.descriptor) }
    }
    // Fails or not by how much memory the kernel has for filters.
    try? BPFProgram(instructions: [BPFProgram.Instruction](repeating: .keep(0), count: 4_096)).attach(
      to: pair.descriptor)
  }

  /// Two large programs do not fit side by side (net.core.optmem_max counts both): the old one makes room.
  @Test func theOldProgramMakesRoom() throws {
    let pair = try Pair()
    let large = program(loads: try mostLoads() * 3 / 4)
    try large.replace(on: pair.descriptor)
    #expect(pair.isOpen)
    #expect(throws: CaptureError.self) { try large.attach(to: pair.descriptor) }
    try large.replace(on: pair.descriptor)
    #expect(pair.isOpen)
  }

  /// One that fits by no means leaves a socket that takes nothing, and the next one that fits opens it again.
  @Test func failsClosed() throws {
    let pair = try Pair()
    let most = try mostLoads()
    try #require(most < BPFProgram.maximumCount - 1)
    try program(loads: most * 3 / 4).replace(on: pair.descriptor)
    #expect(throws: CaptureError.self) { try program(loads: most + 1).replace(on: pair.descriptor) }
    #expect(!pair.isOpen)
    try program(loads: most * 3 / 4).replace(on: pair.descriptor)
    #expect(pair.isOpen)
  }
}
