/// The ring's sizes and times, in one place: each trades length of sends against delay and the application's peace.
enum RingTuning {
  /// Bytes of a block, a power of two. It holds super-frames of 64 KiB and BIG TCP. Small enough for half of a core's
  /// second-level cache, and large enough that at 200,000 small frames a second it is the timer that ends a block: with
  /// half of it the lanes' sends were a third shorter and there were twice as many wake-ups. At low rates the timer ends
  /// each block, so that the number of blocks is the time that the ring can bridge: 64 of them a pause of a quarter of a
  /// second, which a throttled container makes.
  static let blockByteCount = 512 << 10
  /// tp_retire_blk_tov: milliseconds after which a block that is not full is handed over. It bounds the delay of a frame
  /// and, at moderate rates, the wake-ups a second, which an application on the same core feels.
  static let retireMilliseconds: UInt32 = 4
  /// Blocks after which a busy ring lets its thread look at orders, interfaces and the clock.
  static let blocksPerTurn = 4
}
