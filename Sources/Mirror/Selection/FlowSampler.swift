import Capture
import Wire

/// Which flows carry most: some frames of each batch are looked at, and a fixed number of flows is counted (Space-Saving,
/// Metwally, Agrawal and El Abbadi 2005: who comes new takes the place and the count of the least). In windows of a second.
struct FlowSampler: ~Copyable {
  /// Flows that are counted.
  private static let capacity = 128
  /// Frames of a batch that are looked at.
  private static let samplesPerBatch = 64
  /// Nanoseconds.
  static let window: Int64 = 1_000_000_000

  /// A flow, in one direction, and what it carries.
  struct Share: Sendable {
    var name: FlowName
    var bytesPerSecond: UInt64
  }

  private var names: [FlowName] = []
  private var bytes: [UInt64] = []
  private var start: Int64
  private var offset = 0

  /// A window that begins at `now`, nanoseconds of a clock that does not go back.
  init(now: Int64) {
    start = now
    names.reserveCapacity(Self.capacity)
    bytes.reserveCapacity(Self.capacity)
  }

  /// Looks at some frames of the batch; each stands for its neighbours.
  mutating func take(_ batch: borrowing FrameBatch) {
    let stride = max(1, batch.count / Self.samplesPerBatch)
    // Not the same places each time: traffic has its rhythms too.
    offset = (offset + 1) % stride
    var index = offset
    while index < batch.count {
      let captured = batch[index]
      let frame = InnerFrame(captured)
      let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
      count(FlowName(frame.packetBytes, packet), UInt64(captured.wireByteCount * stride))
      index += stride
    }
  }

  private mutating func count(_ name: FlowName, _ more: UInt64) {
    if let index = names.firstIndex(of: name) {
      bytes[index] += more
    } else if names.count < Self.capacity {
      names.append(name)
      bytes.append(more)
    } else if let least = bytes.indices.min(by: { bytes[$0] < bytes[$1] }) {
      names[least] = name
      bytes[least] += more
    }
  }

  /// The flows of the window that has ended, and a new one begins; nil while it goes on.
  mutating func takeWindow(now: Int64) -> [Share]? {
    guard now - start >= Self.window else { return nil }
    let length = UInt64(now - start)
    defer {
      start = now
      names.removeAll(keepingCapacity: true)
      bytes.removeAll(keepingCapacity: true)
    }
    return names.indices.map { index in
      let (high, low) = bytes[index].multipliedFullWidth(by: 1_000_000_000)
      return Share(
        name: names[index], bytesPerSecond: high < length ? length.dividingFullWidth((high, low)).quotient : .max)
    }
  }
}
