/// The frames of a batch that are to be handed on, by where they lie in the slab that the batch was received into.
struct FrameList: ~Copyable {
  /// One frame.
  struct Entry: BitwiseCopyable {
    /// The message of the slab that it lies in.
    let message: Int32
    /// Where in that it begins.
    let offset: Int32
    let byteCount: Int32
    let origin: FrameOrigin
  }

  private var entries: [Entry] = []
  /// Their number and bytes.
  private(set) var tally = FrameTally()

  /// Room for what a batch is likely to have; more is allocated once.
  init() { entries.reserveCapacity(DatagramSlab.capacity * 64) }

  var count: Int { entries.count }

  subscript(index: Int) -> Entry { entries[index] }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    tally = FrameTally()
  }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    tally.add(UInt64(entry.byteCount))
  }
}
