/// Places of the datagrams of one message.
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

/// The batches of one `sendmmsg` call, which is worth its price the more of them there are.
struct BatchList {
  static let capacity = 16

  private var batches = InlineArray<16, Batch>(repeating: Batch())
  /// Batches in the list.
  private(set) var count = 0
  /// The first batch that is not done with.
  var first = 0
  /// Datagrams of that batch that are done with.
  var done = 0

  var isFull: Bool { count == Self.capacity }

  subscript(index: Int) -> Batch { batches[index] }

  /// Where the next batch is gathered. Traps if the list is full.
  var next: Batch {
    get { batches[count] }
    _modify { yield &batches[count] }
  }

  /// Counts the batch gathered in `next` in.
  mutating func keepNext() { count += 1 }

  mutating func removeAll() {
    count = 0
    first = 0
    done = 0
  }
}
