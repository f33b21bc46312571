/// A datagram waiting to be sent: two runs of bytes that are sent as one.
@safe
struct QueuedDatagram: BitwiseCopyable {
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
  /// The datagram behind it in its list; -1 at the end.
  var next: Int32

  /// UDP payload in bytes.
  @inline(__always) var byteCount: Int { Int(headByteCount &+ tailByteCount) }
}

/// The datagrams of all lanes, in one fixed pool, with a list per lane in the order of arrival.
@safe
struct DatagramQueue: ~Copyable {
  /// Datagrams that can wait in all.
  static let capacity = 8192

  private let pool: UnsafeMutablePointer<QueuedDatagram>
  private let first: UnsafeMutablePointer<Int32>
  private let last: UnsafeMutablePointer<Int32>
  private let laneCount: Int
  /// Datagrams added since the queue was last emptied.
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

  /// Appends to a lane. Traps if the pool is full.
  mutating func append(_ datagram: QueuedDatagram, lane: Int) {
    precondition(count < Self.capacity && lane >= 0 && lane < laneCount)
    let index = Int32(count)
    unsafe (pool + count).initialize(to: datagram)
    unsafe pool[count].next = -1
    count += 1
    let tail = unsafe last[lane]
    if tail < 0 { unsafe first[lane] = index } else { unsafe pool[Int(tail)].next = index }
    unsafe last[lane] = index
  }

  /// Takes the list of a lane, which is empty then; -1 if it has none. The datagrams stay in the pool.
  mutating func takeLane(_ lane: Int) -> Int32 {
    precondition(lane >= 0 && lane < laneCount)
    let index = unsafe first[lane]
    unsafe first[lane] = -1
    unsafe last[lane] = -1
    return index
  }

  /// Empties the pool. Every lane must have been taken.
  mutating func removeAll() { count = 0 }

  /// The datagram at a place in the pool. Traps outside.
  subscript(index: Int32) -> QueuedDatagram {
    precondition(index >= 0 && index < count)
    return unsafe pool[Int(index)]
  }

  /// Makes `next` follow `index`.
  mutating func link(_ index: Int32, to next: Int32) {
    precondition(index >= 0 && index < count)
    unsafe pool[Int(index)].next = next
  }
}

/// Places of the datagrams of one send.
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
