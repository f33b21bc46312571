import CLinux
import System
import Wire

/// The flows of a worker, in memory of a fixed size.
///
/// Eight places make a set. A byte of each, together a word, says which of them are worth a look (`PlaceTags`): these words
/// are few enough to stay in a processor's caches, so that a flow that is not there costs no access to memory. The entry's
/// key decides. Where a set is full, a flow that has brought nothing but its opening goes first, then one that is idle; one
/// that is in use is not put out for a new one. A flow for which there is no place is one that is not known, and mirrored
/// whole.
@safe
struct FlowTable: ~Copyable {
  /// Places in a set.
  static let ways = PlaceTags.count
  /// Bytes of a place: its tag, its mark and its entry.
  static let placeByteCount = 1 + MemoryLayout<UInt32>.stride + MemoryLayout<FlowEntry>.stride
  /// Seconds after which a flow gives up its place if nothing was seen of it.
  static let idle: UInt64 = 300
  /// Seconds after which one that was used gives up its place to another.
  static let quiet: UInt64 = 30
  /// Seconds after FIN or RST.
  static let closed: UInt64 = 5

  /// How firmly a flow holds its place.
  enum Hold: UInt32 {
    /// Only its opening was seen.
    case opening = 0
    /// It has carried something.
    case used = 1
    /// It is being closed.
    case closing = 2
  }

  private let memory: ZeroedMemory
  /// Of each set.
  private let tags: UnsafeMutablePointer<PlaceTags>
  /// Of each place: 14 bits of the hash, two of the hold, 16 of the second in which something was seen last.
  private let marks: UnsafeMutablePointer<UInt32>
  private let entries: UnsafeMutablePointer<FlowEntry>
  /// Sets of places.
  let setCount: Int
  /// Flows that were put out, or found no place.
  private(set) var evicted: UInt64 = 0
  /// Seconds of a clock that does not go back; set by the owner.
  var second: UInt64 = 0

  /// A table without a place.
  init() {
    setCount = 0
    memory = ZeroedMemory()
    unsafe tags = memory.base.bindMemory(to: PlaceTags.self, capacity: 0)
    unsafe marks = memory.base.bindMemory(to: UInt32.self, capacity: 0)
    unsafe entries = memory.base.bindMemory(to: FlowEntry.self, capacity: 0)
  }

  /// A table of at most `byteCount` bytes, and of one set at least.
  ///
  /// - Throws: `SystemError` if the system has no room for it.
  init(byteCount: Int) throws(SystemError) {
    setCount = max(1, byteCount / (Self.ways * Self.placeByteCount))
    memory = try ZeroedMemory(byteCount: setCount * Self.ways * Self.placeByteCount)
    let places = setCount * Self.ways
    // Zeroes are the tags of places that are free; what else belongs to a place is read only where it is not.
    unsafe tags = memory.base.bindMemory(to: PlaceTags.self, capacity: setCount)
    unsafe marks = (memory.base + setCount * MemoryLayout<PlaceTags>.stride)
      .bindMemory(to: UInt32.self, capacity: places)
    unsafe entries = (memory.base + places * (1 + MemoryLayout<UInt32>.stride))
      .bindMemory(to: FlowEntry.self, capacity: places)
  }

  /// The entry in a place that `find` or `insert` has returned.
  subscript(place: Int) -> FlowEntry {
    get {
      precondition(place >= 0 && place < setCount * Self.ways)
      return unsafe entries[place]
    }
    _modify {
      precondition(place >= 0 && place < setCount * Self.ways)
      yield unsafe &entries[place]
    }
  }

  /// Has the system give all the memory now: a flood of flows is not to make it grow.
  func takeUp() { memory.takeUp() }

  /// Has the processor fetch what `find` looks at first; to be called some steps before.
  @inline(__always) func prefetch(_ hash: FlowHash) { unsafe CLinux_prefetch(tags + set(hash)) }

  /// The place of a flow; nil if it is not in the table.
  @inline(__always) func find(_ hash: FlowHash, _ key: FlowKey) -> Int? {
    let set = set(hash)
    var matches = unsafe tags[set].matches(hash)
    while let way = matches.next() {
      let place = set * Self.ways + way
      if unsafe marks[place] & Self.name == Self.name(hash), unsafe entries[place].key == key { return place }
    }
    return nil
  }

  /// Notes that a flow was seen.
  @inline(__always) func touch(_ place: Int, _ hold: Hold) {
    let before = unsafe marks[place]
    // What was used stays so; a connection that is being closed as well.
    let kept = max(hold.rawValue, before >> 16 & 0x3)
    unsafe marks[place] = before & Self.name | kept << 16 | Self.time(second)
  }

  /// Puts a new flow into the table; nil if there is no place for it. The flow must not be in it.
  mutating func insert(_ hash: FlowHash, _ key: FlowKey, _ hold: Hold) -> Int? {
    let set = set(hash)
    var chosen = -1
    var best: UInt64 = 0
    for way in 0..<Self.ways {
      let worth = worthOfRemoval(set, way)
      if worth > best { (best, chosen) = (worth, way) }
    }
    guard chosen >= 0 else {
      evicted &+= 1
      return nil
    }
    if best < Self.isFree { evicted &+= 1 }
    let place = set * Self.ways + chosen
    unsafe tags[set].assign(chosen, hash)
    unsafe marks[place] = Self.name(hash) | hold.rawValue << 16 | Self.time(second)
    unsafe entries[place] = FlowEntry(key)
    return place
  }

  /// Forgets the flow in a place.
  func remove(_ place: Int) { unsafe tags[place / Self.ways].clear(place % Self.ways) }

  /// Whether something was seen of the flow in the last `seconds`.
  func isActive(_ place: Int, within seconds: UInt64) -> Bool { unsafe age(marks[place]) <= seconds }

  /// From here on a place is free, or its flow is over.
  private static let isFree: UInt64 = 1 << 32

  /// How little is lost by putting out the flow of a place, more for those not seen for longer; 0: it stays.
  private func worthOfRemoval(_ set: Int, _ way: Int) -> UInt64 {
    guard unsafe !tags[set].isFree(way) else { return 2 * Self.isFree }
    let mark = unsafe marks[set * Self.ways + way]
    let age = age(mark)
    switch Hold(rawValue: mark >> 16 & 0x3) {
    case .opening: return age > Self.quiet ? Self.isFree + age : 1 << 24 + age
    case .closing where age > Self.closed: return Self.isFree + age
    default: return age > Self.idle ? Self.isFree + age : age > Self.quiet ? age : 0
    }
  }

  private func age(_ mark: UInt32) -> UInt64 { UInt64((Self.time(second) &- mark) & 0xFFFF) }

  /// The upper half of the hash chooses the set; the tag and the mark have bits of the lower one.
  @inline(__always)
  private func set(_ hash: FlowHash) -> Int {
    Int(truncatingIfNeeded: (hash.value >> 32 &* UInt64(truncatingIfNeeded: setCount)) >> 32)
  }

  /// The bits of a mark that are the hash's.
  private static var name: UInt32 { 0xFFFC_0000 }

  private static func name(_ hash: FlowHash) -> UInt32 { UInt32(truncatingIfNeeded: hash.value) & name }

  private static func time(_ second: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: second) & 0xFFFF }
}
