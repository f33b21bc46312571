import CLinux
import System
import Wire

/// The flows of a worker, in memory that is reserved at the start and taken up as flows come.
///
/// Eight places make a set. A word for each, a cache line for all, says whether a look at the entry is worth it, so that a
/// flow that is not there costs one line of memory; the entry's key decides. Where a set is full, a flow that has brought
/// nothing but its opening goes first, then one that is idle; one that is in use is not put out for a new one. A flow for
/// which there is no place is one that is not known, and mirrored whole.
@safe
struct FlowTable: ~Copyable {
  /// Places in a set.
  static let ways = 8
  /// Bytes of a place: its word and its entry.
  static let placeByteCount = MemoryLayout<UInt64>.stride + MemoryLayout<FlowEntry>.stride
  /// Seconds after which a flow gives up its place if nothing was seen of it.
  static let idle: UInt64 = 300
  /// Seconds after which one that was used gives up its place to another.
  static let quiet: UInt64 = 30
  /// Seconds after FIN or RST.
  static let closed: UInt64 = 5

  /// How firmly a flow holds its place.
  enum Hold: UInt64 {
    /// Only its opening was seen.
    case opening = 0
    /// It has carried something.
    case used = 1
    /// It is being closed.
    case closing = 2
  }

  private let memory: ZeroedMemory
  private let words: UnsafeMutablePointer<UInt64>
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
    unsafe words = memory.base.bindMemory(to: UInt64.self, capacity: 0)
    unsafe entries = memory.base.bindMemory(to: FlowEntry.self, capacity: 0)
  }

  /// A table of at most `byteCount` bytes, and of one set at least.
  ///
  /// - Throws: `SystemError` if the system has no room for it.
  init(byteCount: Int) throws(SystemError) {
    setCount = max(1, byteCount / (Self.ways * Self.placeByteCount))
    memory = try ZeroedMemory(byteCount: setCount * Self.ways * Self.placeByteCount)
    let places = setCount * Self.ways
    // Zero is a word of no flow; an entry is read only where its word is not zero. The words come first, aligned to a page.
    unsafe words = memory.base.bindMemory(to: UInt64.self, capacity: places)
    unsafe entries = (memory.base + places * MemoryLayout<UInt64>.stride)
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

  /// Has the processor fetch what `find` looks at, which of many flows is not in its caches; to be called some steps before.
  @inline(__always) func prefetch(_ hash: FlowHash) { unsafe CLinux_prefetch(words + first(hash)) }

  /// The place of a flow; nil if it is not in the table.
  @inline(__always) func find(_ hash: FlowHash, _ key: FlowKey) -> Int? {
    let first = first(hash)
    let name = Self.name(hash)
    for place in first..<first + Self.ways where unsafe words[place] >> 32 == name && words[place] != 0 {
      if unsafe entries[place].key == key { return place }
    }
    return nil
  }

  /// Notes that a flow was seen.
  @inline(__always) func touch(_ place: Int, _ hold: Hold) {
    let before = unsafe words[place]
    // What was used stays so; a connection that is being closed as well.
    let kept = max(hold.rawValue, before >> 16 & 0x3)
    unsafe words[place] = before & ~0xFFFF_FFFF | kept << 16 | Self.time(second)
  }

  /// Puts a new flow into the table; nil if there is no place for it. The flow must not be in it.
  mutating func insert(_ hash: FlowHash, _ key: FlowKey, _ hold: Hold) -> Int? {
    let first = first(hash)
    var place = -1
    var best: UInt64 = 0
    for candidate in first..<first + Self.ways {
      let worth = worthOfRemoval(unsafe words[candidate])
      if worth > best { (best, place) = (worth, candidate) }
    }
    guard place >= 0 else {
      evicted &+= 1
      return nil
    }
    if best < Self.isFree { evicted &+= 1 }
    unsafe words[place] = Self.name(hash) << 32 | hold.rawValue << 16 | Self.time(second)
    unsafe entries[place] = FlowEntry(key)
    return place
  }

  /// Forgets the flow in a place.
  func remove(_ place: Int) { unsafe words[place] = 0 }

  /// Whether something was seen of the flow in the last `seconds`.
  func isActive(_ place: Int, within seconds: UInt64) -> Bool { unsafe age(words[place]) <= seconds }

  /// From here on a place is free, or its flow is over.
  private static let isFree: UInt64 = 1 << 32

  /// How little is lost by putting out the flow of a word, more for those not seen for longer; 0: it stays.
  private func worthOfRemoval(_ word: UInt64) -> UInt64 {
    guard word != 0 else { return 2 * Self.isFree }
    let age = age(word)
    switch Hold(rawValue: word >> 16 & 0x3) {
    case .opening: return age > Self.quiet ? Self.isFree + age : 1 << 24 + age
    case .closing where age > Self.closed: return Self.isFree + age
    default: return age > Self.idle ? Self.isFree + age : age > Self.quiet ? age : 0
    }
  }

  private func age(_ word: UInt64) -> UInt64 { (Self.time(second) &- word) & 0xFFFF }

  private func first(_ hash: FlowHash) -> Int {
    // The upper half chooses the set, the lower one is the name.
    Int(truncatingIfNeeded: (hash.value >> 32 &* UInt64(truncatingIfNeeded: setCount)) >> 32) * Self.ways
  }

  private static func name(_ hash: FlowHash) -> UInt64 { hash.value & 0xFFFF_FFFF }

  /// Plus one, so that no word in use is 0.
  private static func time(_ second: UInt64) -> UInt64 { (second &+ 1) & 0xFFFF }
}
