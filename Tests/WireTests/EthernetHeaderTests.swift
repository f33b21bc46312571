import TestSupport
import Testing
import Wire

@Suite struct EthernetHeaderTests {
  private func read(_ frame: [UInt8]) -> (type: UInt16, size: Int)? {
    EthernetHeader(frame.span.bytes).map { ($0.etherType, $0.headerByteCount) }
  }

  @Test(
    arguments: [
      ([], UInt16(0x0800), 14), ([(0x8100, 5)], 0x86DD, 18), ([(0x88A8, 5), (0x8100, 6)], 0x0800, 22),
      ([(0x9100, 5), (0x8100, 6)], 0x0806, 22), ([], 0x0026, 14),
      ([(0x8100, 1), (0x8100, 2), (0x8100, 3), (0x8100, 4)], 0x0800, 30),
    ] as [([(UInt16, UInt16)], UInt16, Int)])
  func tagsAreLookedThrough(tags: [(UInt16, UInt16)], type: UInt16, size: Int) throws {
    let header = try #require(read(ethernet(type, tags: tags, [1, 2, 3, 4])))
    #expect(header.type == type)
    #expect(header.size == size)
  }

  /// More tags than are looked through: what follows the last one counts as an unknown type.
  @Test func fiveTags() throws {
    let tags = [(UInt16, UInt16)](repeating: (0x8100, 7), count: 5)
    let header = try #require(read(ethernet(0x0800, tags: tags, [])))
    #expect(header.type == 0x8100)
    #expect(header.size == 30)
  }

  /// A frame that ends within its header has none.
  @Test(arguments: 0..<22) func aFrameShorterThanItsHeaderHasNone(count: Int) {
    let frame = ethernet(0x0800, tags: [(0x88A8, 1), (0x8100, 2)], [])
    #expect(read(Array(frame.prefix(count))) == nil)
  }
}
