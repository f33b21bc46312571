import TestSupport
import Testing

@testable import Mirror

@Suite struct JoinTableTests {
  private func seen(_ table: inout JoinTable, _ number: UInt64, at second: UInt64, isClosing: Bool = false) -> Bool {
    table.contains(UInt32(number), key: number &* 0x9E37_79B9_7F4A_7C15, second: second, isClosing: isClosing)
  }

  private func add(_ table: inout JoinTable, _ number: UInt64, at second: UInt64) -> Bool {
    table.insert(UInt32(number), key: number &* 0x9E37_79B9_7F4A_7C15, second: second)
  }

  @Test func whatWasAddedIsThereAndNothingElse() {
    var table = JoinTable()
    let added = (0..<5_000).filter { add(&table, $0, at: 10) }
    #expect(added.count > 4_900)
    #expect(added.allSatisfy { seen(&table, $0, at: 11) })
    #expect(!(5_000..<100_000).contains { seen(&table, $0, at: 11) })
    #expect(!(1..<5_000).contains { table.contains(UInt32($0), key: $0, second: 11, isClosing: false) })
  }

  /// Where there is no room, what is there stays.
  @Test func aFloodDrivesNobodyOut() {
    var table = JoinTable()
    #expect((0..<100).allSatisfy { add(&table, $0, at: 0) })
    let flood = (1_000..<100_000).count { add(&table, $0, at: 1) }
    #expect(flood < JoinTable.ways * JoinTable.setCount)
    #expect((0..<100).allSatisfy { seen(&table, $0, at: 2) })
    // Once more is the same one, not another.
    #expect(add(&table, 0, at: 3))
  }

  /// A place is free five minutes after the last packet, or seconds after a connection's end; also where the seconds
  /// wrap around.
  @Test(arguments: [UInt64(0), 65_400, 1_000_000]) func placesAreGivenUp(start: UInt64) {
    func room(after seconds: UInt64, isClosing: Bool) -> Bool {
      var table = JoinTable()
      for number: UInt64 in 0..<200_000 { _ = add(&table, number, at: start) }
      for number: UInt64 in 0..<200_000 { _ = seen(&table, number, at: start, isClosing: isClosing) }
      return add(&table, 300_000, at: start + seconds)
    }
    #expect(!room(after: JoinTable.idle, isClosing: false) && room(after: JoinTable.idle + 1, isClosing: false))
    #expect(!room(after: JoinTable.closed, isClosing: true) && room(after: JoinTable.closed + 1, isClosing: true))
  }

  @Test func shedFlowsAreForgotten() {
    var table = JoinTable()
    for number: UInt64 in 0..<1_000 { _ = add(&table, number, at: 0) }
    table.removeAll(from: 400)
    #expect((0..<400).count { seen(&table, $0, at: 0) } > 390)
    #expect(!(400..<1_000).contains { seen(&table, $0, at: 0) })
  }
}
