import TestSupport
import Testing
import Wire

@testable import Mirror

@Suite struct FlowTableTests {
  /// A macro cannot look into what cannot be copied.
  private final class Table {
    private var table: FlowTable

    init(byteCount: Int) throws { table = try FlowTable(byteCount: byteCount) }

    var setCount: Int { table.setCount }
    var evicted: UInt64 { table.evicted }
    var second: UInt64 {
      get { table.second }
      set { table.second = newValue }
    }
    subscript(place: Int) -> FlowEntry {
      get { table[place] }
      set { table[place] = newValue }
    }
    func find(_ hash: FlowHash, _ key: FlowKey) -> Int? { table.find(hash, key) }
    func insert(_ hash: FlowHash, _ key: FlowKey, _ hold: FlowTable.Hold) -> Int? { table.insert(hash, key, hold) }
    func touch(_ place: Int, _ hold: FlowTable.Hold) { table.touch(place, hold) }
    func remove(_ place: Int) { table.remove(place) }
  }

  private func key(_ number: Int) -> FlowKey {
    FlowKey(
      .init(low: UInt64(number), port: 1_000), .init(low: 7, port: 443), version: 4, upperProtocol: IPProtocol.tcp)
  }

  private func hash(_ number: Int) -> FlowHash { FlowHash(value: FlowHash.mix(UInt64(number))) }

  @Test func aFlowTakes125Bytes() {
    #expect(FlowTable.placeByteCount == 125)
    #expect(MemoryLayout<FlowDirection>.stride == 32)
  }

  @Test func memoryIsWhatWasAskedFor() throws {
    for byteCount in [1, 1 << 20, 16 << 20] {
      let table = try Table(byteCount: byteCount)
      let places = table.setCount * FlowTable.ways
      #expect(places == FlowTable.ways || places * FlowTable.placeByteCount <= byteCount)
      #expect(places * FlowTable.placeByteCount > byteCount - FlowTable.ways * FlowTable.placeByteCount)
    }
  }

  /// The very same hash is not the very same flow.
  @Test func keysAreCompared() throws {
    let table = try Table(byteCount: 1 << 20)
    let one = try #require(table.insert(hash(1), key(1), .used))
    #expect(table.find(hash(1), key(1)) == one)
    #expect(table.find(hash(1), key(2)) == nil)
    let other = try #require(table.insert(hash(1), key(2), .used))
    #expect(one != other)
    table[one].stage = .tls
    #expect(table[other].stage == .fresh)
    table.remove(one)
    #expect(table.find(hash(1), key(1)) == nil && table.find(hash(1), key(2)) == other)
  }

  /// A flood of flows that bring nothing but their opening puts out one another, and nothing that is in use; what is in
  /// use is not put out by what is new either.
  @Test func aFloodPutsOutNothingThatIsInUse() throws {
    let table = try Table(byteCount: 1 << 20)
    let places = table.setCount * FlowTable.ways
    table.second = 100
    var kept: [Int] = []
    for number in 0..<places / 4 where table.insert(hash(number), key(number), .used) != nil { kept.append(number) }
    #expect(kept.count > places / 5)
    for number in 1_000_000..<1_000_000 + 10 * places {
      if table.find(hash(number), key(number)) == nil { _ = table.insert(hash(number), key(number), .opening) }
    }
    #expect(table.evicted > UInt64(8 * places))
    for number in kept { #expect(table.find(hash(number), key(number)) != nil) }
    for number in 5_000_000..<5_000_000 + 10 * places { _ = table.insert(hash(number), key(number), .used) }
    for number in kept { #expect(table.find(hash(number), key(number)) != nil) }
  }

  @Test func whatIsIdleOrClosedGivesUpItsPlace() throws {
    let table = try Table(byteCount: 1)
    #expect(table.setCount == 1)
    table.second = 1_000
    for number in 0..<FlowTable.ways { #expect(table.insert(hash(number), key(number), .used) != nil) }
    #expect(table.insert(hash(100), key(100), .used) == nil)
    #expect(table.evicted == 1)
    // One ends.
    table.touch(try #require(table.find(hash(3), key(3))), .closing)
    table.second += FlowTable.closed + 1
    for number in 0..<FlowTable.ways where number != 3 {
      table.touch(try #require(table.find(hash(number), key(number))), .used)
    }
    #expect(table.insert(hash(100), key(100), .used) != nil)
    #expect(table.find(hash(3), key(3)) == nil)
    #expect(table.evicted == 1)
    // The others fall silent, and the one silent longest goes first.
    table.second += FlowTable.quiet + 1
    for number in 1..<FlowTable.ways where number != 3 {
      table.touch(try #require(table.find(hash(number), key(number))), .used)
    }
    table.touch(try #require(table.find(hash(100), key(100))), .used)
    #expect(table.insert(hash(101), key(101), .used) != nil)
    #expect(table.find(hash(0), key(0)) == nil)
    #expect(table.evicted == 2)
  }
}
