/// A datagram waiting to be sent: two runs of bytes that are sent as one.
@safe
public struct QueuedDatagram: BitwiseCopyable {
  /// VXLAN header and rewritten inner headers; or, where nothing was rewritten, the whole datagram.
  var head: UnsafeRawPointer
  /// The rest of the inner frame, in the capture buffer.
  var tail: UnsafeRawPointer?
  var headByteCount: UInt32
  var tailByteCount: UInt32
  /// Which captured frame of the batch it comes from.
  var frame: UInt32
  /// Low bits of its flow's hash.
  var flow: UInt8
  /// Next datagram of the same lane; -1 at the end.
  var next: Int32

  /// UDP payload in bytes.
  @inline(__always) var byteCount: Int { Int(headByteCount &+ tailByteCount) }
}

/// The datagrams of all lanes, in one fixed pool, with a list per lane.
@safe
struct DatagramQueue: ~Copyable {
  /// Datagrams that can wait in all.
  static let capacity = 4096
  /// How far ahead of the first waiting datagram a batch is gathered: bounds the work where every size is different.
  static let window = 512

  private let pool: UnsafeMutablePointer<QueuedDatagram>
  private let first: UnsafeMutablePointer<Int32>
  private let last: UnsafeMutablePointer<Int32>
  private let laneCount: Int
  private(set) var count = 0

  init(laneCount: Int) {
    self.laneCount = laneCount
    unsafe pool = .allocate(capacity: Self.capacity)
    unsafe first = .allocate(capacity: max(laneCount, 1))
    unsafe last = .allocate(capacity: max(laneCount, 1))
    unsafe first.initialize(repeating: -1, count: laneCount)
    unsafe last.initialize(repeating: -1, count: laneCount)
  }

  deinit {
    unsafe pool.deallocate()
    unsafe first.deallocate()
    unsafe last.deallocate()
  }

  var isFull: Bool { count == Self.capacity }

  func isEmpty(lane: Int) -> Bool { unsafe first[lane] < 0 }

  /// Appends to a lane. Traps if the pool is full.
  mutating func append(_ datagram: QueuedDatagram, lane: Int) {
    precondition(count < Self.capacity && lane < laneCount)
    let index = Int32(count)
    unsafe (pool + count).initialize(to: datagram)
    unsafe pool[count].next = -1
    count += 1
    let tail = unsafe last[lane]
    if tail < 0 { unsafe first[lane] = index } else { unsafe pool[Int(tail)].next = index }
    unsafe last[lane] = index
  }

  /// Empties the pool; every lane must have been sent or given up.
  mutating func removeAll() {
    for lane in 0..<laneCount {
      unsafe first[lane] = -1
      unsafe last[lane] = -1
    }
    count = 0
  }

  subscript(index: Int32) -> QueuedDatagram {
    precondition(index >= 0 && index < count)
    return unsafe pool[Int(index)]
  }

  /// Takes the first datagram of a lane off; nil if there is none.
  mutating func popFirst(lane: Int) -> QueuedDatagram? {
    let index = unsafe first[lane]
    guard index >= 0 else { return nil }
    let datagram = unsafe pool[Int(index)]
    unsafe first[lane] = datagram.next
    if datagram.next < 0 { unsafe last[lane] = -1 }
    return datagram
  }

  /// Takes the next batch off a lane: datagrams of one size, and at the end perhaps one that is shorter, as
  /// UDP_SEGMENT wants them.
  ///
  /// Skip-ahead: requests and responses alternate in size, which would end every batch after one datagram. So
  /// datagrams of *different* flows may overtake each other, never two of one flow: a datagram that does not fit
  /// marks its flow, and nothing of a marked flow is taken after it. Flows are told apart by 256 hash values; a
  /// collision only shortens the batch.
  mutating func takeBatch(
    lane: Int, maximumCount: Int, maximumByteCount: Int, window: Int = Self.window, into batch: inout Batch
  ) {
    batch.removeAll()
    var current = unsafe first[lane]
    guard current >= 0 else { return }
    let size = unsafe pool[Int(current)].byteCount
    batch.size = size
    let limit = max(1, min(maximumCount, Batch.capacity, maximumByteCount / max(size, 1)))
    var passed = FlowSet()
    var previous: Int32 = -1
    var shorter: Int32 = -1
    var beforeShorter: Int32 = -1
    var looked = 0
    while current >= 0, batch.count < limit, looked < window {
      let entry = unsafe pool[Int(current)]
      looked += 1
      if entry.byteCount == size, !passed.contains(entry.flow) {
        unlink(current, after: previous, lane: lane)
        batch.append(current)
      } else {
        if shorter < 0, entry.byteCount < size, !passed.contains(entry.flow) {
          shorter = current
          beforeShorter = previous
        }
        passed.insert(entry.flow)
        previous = current
      }
      current = entry.next
    }
    // The first shorter datagram that was passed over may still go last: nothing of its flow was taken after it.
    guard shorter >= 0, batch.count < min(maximumCount, Batch.capacity) else { return }
    guard batch.count * size + (unsafe pool[Int(shorter)].byteCount) <= maximumByteCount else { return }
    // Those between it and its predecessor were taken, so the predecessor is still the right one.
    unlink(shorter, after: beforeShorter, lane: lane)
    batch.append(shorter)
  }

  private mutating func unlink(_ index: Int32, after previous: Int32, lane: Int) {
    let next = unsafe pool[Int(index)].next
    if previous < 0 { unsafe first[lane] = next } else { unsafe pool[Int(previous)].next = next }
    if next < 0 { unsafe last[lane] = previous }
  }
}

/// Indices of the datagrams of one send.
struct Batch {
  /// UDP_MAX_SEGMENTS of the kernels before 6.9.
  static let capacity = 64

  private var indices = InlineArray<64, Int32>(repeating: 0)
  private(set) var count = 0
  /// Bytes of every datagram but perhaps the last.
  var size = 0

  subscript(position: Int) -> Int32 { indices[position] }

  mutating func append(_ index: Int32) {
    indices[count] = index
    count += 1
  }

  mutating func removeAll() {
    count = 0
    size = 0
  }
}

/// A set of flows by eight bits of their hash.
struct FlowSet {
  private var words = InlineArray<4, UInt64>(repeating: 0)

  func contains(_ flow: UInt8) -> Bool { words[Int(flow >> 6)] >> UInt64(flow & 63) & 1 != 0 }

  mutating func insert(_ flow: UInt8) { words[Int(flow >> 6)] |= 1 << UInt64(flow & 63) }
}
