import TestSupport
import Testing
import Wire

@testable import Mirror

/// Eight tags that are compared at once say what eight comparisons say.
@Suite struct PlaceTagsTests {
  @Test func matchesAreThoseOfEachByte() {
    var random = SeededGenerator(seed: 17)
    // Few values, and those at the ends, where a sum may go over into the next byte.
    let values: [UInt64] = [0, 1, 2, 0x7F, 0x80, 0x81, 0xFE, 0xFF]
    var tags = PlaceTags()
    var bytes = [UInt64](repeating: 0, count: PlaceTags.count)
    for _ in 0..<5_000 {
      let place = random.int(0...PlaceTags.count - 1)
      let value = random.pick(values)
      if random.chance(4) {
        tags.clear(place)
        bytes[place] = 0
      } else {
        tags.assign(place, FlowHash(value: value | random.next() << 8))
        bytes[place] = max(1, value)
      }
      let sought = random.pick(values)
      var matches = tags.matches(FlowHash(value: sought | random.next() << 8))
      var found: [Int] = []
      while let match = matches.next() { found.append(match) }
      #expect(found == bytes.indices.filter { bytes[$0] == max(1, sought) })
      #expect(bytes.indices.allSatisfy { tags.isFree($0) == (bytes[$0] == 0) })
    }
  }
}
