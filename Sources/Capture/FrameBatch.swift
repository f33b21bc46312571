/// A fixed array of captured frames that an engine fills and hands to its consumer.
@safe
public struct FrameBatch: ~Copyable {
  /// Frames a batch holds. It is handed over half full at the latest: HTTP on 32 connections makes 8 % longer sends with
  /// 2,000 frames to choose from than with 1,000, and hardly longer ones with more.
  public static let capacity = 4096

  private let frames: UnsafeMutablePointer<CapturedFrame>
  /// Frames in the batch.
  public private(set) var count = 0

  /// An empty batch; the only allocation it ever makes.
  public init() {
    unsafe frames = .allocate(capacity: Self.capacity)
  }

  deinit {
    unsafe frames.deallocate()
  }

  /// Whether another frame would not fit.
  public var isFull: Bool { count == Self.capacity }

  /// Adds a frame. Traps if the batch is full.
  public mutating func append(_ frame: CapturedFrame) {
    precondition(count < Self.capacity)
    unsafe (frames + count).initialize(to: frame)
    count += 1
  }

  /// Empties the batch.
  public mutating func removeAll() { count = 0 }

  /// The frame at `index`. Traps outside the batch.
  public subscript(index: Int) -> CapturedFrame {
    precondition(index >= 0 && index < count)
    return unsafe frames[index]
  }
}
