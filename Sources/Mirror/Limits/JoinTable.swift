/// The TCP connections whose first segment (SYN) was seen, in memory of fixed size: the ones that may join a share that
/// has grown. Where there is no room a connection does not join; it is absent then, and never in parts.
struct JoinTable {
  /// Places that a flow may have.
  static let ways = 4
  /// Sets of places.
  static let setCount = 4_096
  /// Seconds after which one that nothing was seen of gives up its place.
  static let idle: UInt64 = 300
  /// The same after FIN or RST.
  static let closed: UInt64 = 5

  /// In each place, from the top: `ShareHash`, 15 bits of the keyed hash, whether it is being closed, and the second
  /// when it was last seen, plus one so that no place in use is 0.
  private var places = [UInt64](repeating: 0, count: Self.ways * Self.setCount)

  /// Whether the connection is in it; notes that it was seen at `second`, and whether it is being closed.
  mutating func contains(_ hash: UInt32, key: UInt64, second: UInt64, isClosing: Bool) -> Bool {
    let first = Self.first(key)
    for place in first..<first + Self.ways where places[place] != 0 && places[place] >> 17 == Self.name(hash, key) {
      let closing = isClosing ? 1 << 16 : places[place] & 1 << 16
      places[place] = Self.name(hash, key) << 17 | closing | Self.time(second)
      return true
    }
    return false
  }

  /// Adds a connection.
  ///
  /// - Returns: whether there was room.
  mutating func insert(_ hash: UInt32, key: UInt64, second: UInt64) -> Bool {
    let first = Self.first(key)
    var free = -1
    for place in first..<first + Self.ways {
      if places[place] >> 17 == Self.name(hash, key), places[place] != 0 {
        free = place
        break
      }
      if free < 0, isFree(places[place], second) { free = place }
    }
    guard free >= 0 else { return false }
    places[free] = Self.name(hash, key) << 17 | Self.time(second)
    return true
  }

  /// Forgets connections with this hash and above: they are shed, and what comes of them later is not whole.
  mutating func removeAll(from threshold: UInt64) {
    for place in places.indices where places[place] >> 32 >= threshold { places[place] = 0 }
  }

  private func isFree(_ entry: UInt64, _ second: UInt64) -> Bool {
    guard entry != 0 else { return true }
    let age = (Self.time(second) &- entry) & 0xFFFF
    return age > (entry & 1 << 16 != 0 ? Self.closed : Self.idle)
  }

  private static func first(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key >> 17) & (setCount - 1) * ways }

  private static func name(_ hash: UInt32, _ key: UInt64) -> UInt64 { UInt64(hash) << 15 | key & 0x7FFF }

  private static func time(_ second: UInt64) -> UInt64 { (second &+ 1) & 0xFFFF }
}
