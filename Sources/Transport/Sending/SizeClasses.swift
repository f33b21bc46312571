/// The classes of flows whose first datagrams have one size: found by size, by weight, and among the lightest, each in
/// steps that do not depend on how many classes there are.
///
/// A flow may have any size, so whoever sends 256 flows of 256 sizes would otherwise make every datagram cost 256 looks.
@safe
struct SizeClasses: ~Copyable {
  /// A class, in two lists: of the sizes that share a slot, and of the weights that share a bucket.
  private struct Entry: BitwiseCopyable {
    var size = 0
    /// The first of its flows; -1 without any.
    var firstFlow: Int32 = -1
    /// Datagrams that its flows have left.
    var weight: Int32 = 0
    var nextInSlot: Int16 = -1
    var nextInBucket: Int16 = -1
    var previousInBucket: Int16 = -1
  }

  /// Sizes that share a slot differ by multiples of this, so that a slot has at most eight of the sizes UDP can have.
  private static let slotCount = 8_192
  /// Classes that are compared, at most, to find the heaviest or the lightest.
  static let maximumLooks = 16

  private let entries: UnsafeMutablePointer<Entry>
  private let slots: UnsafeMutablePointer<Int16>
  /// By the binary logarithm of the weight.
  private var buckets = InlineArray<32, Int16>(repeating: -1)
  /// Which buckets have classes.
  private var used: UInt32 = 0
  /// Places that are free, the first `capacity - count` of them.
  private let free: UnsafeMutablePointer<Int16>
  private let capacity: Int
  /// Classes in use.
  private(set) var count = 0
  #if DEBUG
    /// Classes looked at so far, which is what tests hold to its bound.
    private(set) var looks = 0
  #endif

  /// Room for `capacity` classes, at most 32,767.
  init(capacity: Int) {
    self.capacity = capacity
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries.initialize(repeating: Entry(), count: capacity)
    unsafe free = .allocate(capacity: capacity)
    for index in 0..<capacity { unsafe (free + index).initialize(to: Int16(index)) }
    unsafe slots = .allocate(capacity: Self.slotCount)
    unsafe slots.initialize(repeating: -1, count: Self.slotCount)
  }

  deinit {
    unsafe entries.deallocate()
    unsafe free.deallocate()
    unsafe slots.deallocate()
  }

  /// Bytes of the first datagrams of the flows in class `index`.
  func size(_ index: Int) -> Int { unsafe entries[index].size }

  /// The first flow of class `index`; -1 if it has none.
  func firstFlow(_ index: Int) -> Int32 { unsafe entries[index].firstFlow }

  /// The class of a size, which is made if there is none. Traps if there is no room.
  mutating func index(ofSize size: Int) -> Int {
    let slot = size & (Self.slotCount - 1)
    var index = unsafe slots[slot]
    while index >= 0 {
      look()
      if unsafe entries[Int(index)].size == size { return Int(index) }
      index = unsafe entries[Int(index)].nextInSlot
    }
    precondition(count < capacity)
    count += 1
    index = unsafe free[capacity - count]
    unsafe entries[Int(index)] = Entry(size: size, nextInSlot: slots[slot])
    unsafe slots[slot] = index
    link(index, bucket: 0)
    return Int(index)
  }

  /// Makes `flow` the first of class `index`, and changes the datagrams its flows have left by `difference`.
  mutating func change(_ index: Int, firstFlow flow: Int32, weightBy difference: Int32) {
    let before = Self.bucket(unsafe entries[index].weight)
    unsafe entries[index].firstFlow = flow
    unsafe entries[index].weight += difference
    let now = Self.bucket(unsafe entries[index].weight)
    guard now != before else { return }
    unlink(Int16(index), bucket: before)
    link(Int16(index), bucket: now)
  }

  /// Gives class `index` back if it has no flows.
  mutating func removeIfEmpty(_ index: Int) {
    guard unsafe entries[index].firstFlow < 0 else { return }
    unlink(Int16(index), bucket: Self.bucket(unsafe entries[index].weight))
    let slot = unsafe entries[index].size & (Self.slotCount - 1)
    if unsafe slots[slot] == Int16(index) {
      unsafe slots[slot] = entries[index].nextInSlot
    } else {
      var previous = unsafe Int(slots[slot])
      while unsafe entries[previous].nextInSlot != Int16(index) {
        look()
        previous = unsafe Int(entries[previous].nextInSlot)
      }
      unsafe entries[previous].nextInSlot = entries[index].nextInSlot
    }
    unsafe free[capacity - count] = Int16(index)
    count -= 1
  }

  /// The class whose flows have most datagrams left, of equals the largest: smaller ones can still end its batch. Where
  /// many are nearly as heavy, one that is at least half as heavy. There must be a class.
  mutating func heaviest() -> Int {
    var index = buckets[31 - used.leadingZeroBitCount]
    var best = Int(index)
    var looked = 0
    while index >= 0, looked < Self.maximumLooks {
      look()
      looked += 1
      let candidate = unsafe entries[Int(index)]
      let leader = unsafe entries[best]
      if candidate.weight > leader.weight || candidate.weight == leader.weight && candidate.size > leader.size {
        best = Int(index)
      }
      index = candidate.nextInBucket
    }
    return best
  }

  /// The class whose flows have fewest datagrams left, of those of at most `room` bytes; nil if there is none among those
  /// looked at.
  mutating func lightest(upTo room: Int) -> Int? {
    var left = used
    var best: Int?
    var looked = 0
    while left != 0, best == nil, looked < Self.maximumLooks {
      var index = buckets[left.trailingZeroBitCount]
      left &= left &- 1
      while index >= 0, looked < Self.maximumLooks {
        look()
        looked += 1
        let candidate = unsafe entries[Int(index)]
        if candidate.size <= room, best.map({ unsafe candidate.weight < entries[$0].weight }) ?? true {
          best = Int(index)
        }
        index = candidate.nextInBucket
      }
    }
    return best
  }

  private static func bucket(_ weight: Int32) -> Int { 31 - max(weight, 1).leadingZeroBitCount }

  private mutating func link(_ index: Int16, bucket: Int) {
    let next = buckets[bucket]
    unsafe entries[Int(index)].nextInBucket = next
    unsafe entries[Int(index)].previousInBucket = -1
    if next >= 0 { unsafe entries[Int(next)].previousInBucket = index }
    buckets[bucket] = index
    used |= 1 << UInt32(bucket)
  }

  private mutating func unlink(_ index: Int16, bucket: Int) {
    let next = unsafe entries[Int(index)].nextInBucket
    let previous = unsafe entries[Int(index)].previousInBucket
    if next >= 0 { unsafe entries[Int(next)].previousInBucket = previous }
    if previous >= 0 { unsafe entries[Int(previous)].nextInBucket = next } else { buckets[bucket] = next }
    if buckets[bucket] < 0 { used &= ~(1 << UInt32(bucket)) }
  }

  @inline(__always)
  private mutating func look() {
    #if DEBUG
      looks += 1
    #endif
  }
}
