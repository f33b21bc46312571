import Glibc

/// What became of each captured frame of a batch: a frame counts as forwarded when all of its datagrams reached the
/// kernel on the way to at least one collector.
@safe
struct DeliveryLedger: ~Copyable {
  private struct Delivery: BitwiseCopyable {
    /// Paths it was queued for, one bit each.
    var targets: UInt32
    /// Those of them that lost a datagram of it.
    var failed: UInt32
    /// errno of the last loss.
    var code: Int32
  }

  private let deliveries: UnsafeMutablePointer<Delivery>
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    unsafe deliveries = .allocate(capacity: capacity)
    unsafe deliveries.initialize(repeating: Delivery(targets: 0, failed: 0, code: 0), count: capacity)
  }

  deinit {
    unsafe deliveries.deallocate()
  }

  mutating func queued(_ frame: UInt32, path: Int) {
    precondition(frame < capacity)
    unsafe deliveries[Int(frame)].targets |= 1 << UInt32(path)
  }

  /// Counts a datagram as lost, whether it was queued or could not even be made.
  mutating func failed(_ frame: UInt32, path: Int, code: CInt) {
    precondition(frame < capacity)
    unsafe deliveries[Int(frame)].targets |= 1 << UInt32(path)
    unsafe deliveries[Int(frame)].failed |= 1 << UInt32(path)
    unsafe deliveries[Int(frame)].code = code
  }

  /// Settles frames 0 ..< `count`: adds them to `counters`, and clears them.
  mutating func commit(count: Int, into counters: inout SendCounters) {
    precondition(count <= capacity)
    for index in 0..<count {
      let delivery = unsafe deliveries[index]
      guard delivery.targets != 0 else { continue }
      if delivery.targets & ~delivery.failed != 0 {
        counters.forwardedFrames &+= 1
      } else {
        counters.addDropped(1, code: delivery.code)
      }
      unsafe deliveries[index] = Delivery(targets: 0, failed: 0, code: 0)
    }
  }
}

/// Counters of the sending side; all cumulative.
public struct SendCounters: BitwiseCopyable, Sendable {
  /// errno values that are counted one by one; others share the last slot.
  public static let errnoCount = 136

  /// Captured frames whose datagrams were all sent.
  public var forwardedFrames: UInt64 = 0
  /// Datagrams the kernel took.
  public var sentDatagrams: UInt64 = 0
  /// Bytes of the outer IP packets of these.
  public var sentBytes: UInt64 = 0
  /// Sends that were repeated because they may only have reported an ICMP error about an earlier datagram.
  public var repeatedSends: UInt64 = 0
  /// Calls into the kernel.
  public var sendCalls: UInt64 = 0
  /// Frames lost in sending, by errno.
  public var droppedFrames = InlineArray<136, UInt64>(repeating: 0)

  /// All zero.
  public init() {}

  /// Counts `count` frames as lost for errno `code`.
  public mutating func addDropped(_ count: UInt64, code: CInt) {
    droppedFrames[min(max(Int(code), 0), Self.errnoCount - 1)] &+= count
  }
}
