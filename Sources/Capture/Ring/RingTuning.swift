import System

/// The rings' sizes and times, in one place: each trades length of sends against delay and the application's peace.
enum RingTuning {
  /// Bytes of a block of a ring that is alone, a power of two. It holds super-frames of 64 KiB and BIG TCP. Small enough
  /// for half of a core's second-level cache, and large enough that at 200,000 small frames a second it is the timer
  /// that ends a block: with half of it the lanes' sends were a third shorter and there were twice as many wake-ups.
  static let blockByteCount = 512 << 10
  /// tp_retire_blk_tov: milliseconds after which a block that is not full is handed over. It bounds the delay of a frame
  /// and, at moderate rates, the wake-ups a second, which an application on the same core feels.
  static let retireMilliseconds: UInt32 = 4
  /// Blocks after which a busy ring lets its thread look at orders, interfaces and the clock.
  static let blocksPerTurn = 8

  /// The hot ring, in as few blocks as keep one free ahead of the one that is being filled, which is when the kernel
  /// goes on to the reserve. Twice the second-level cache, since a block is sent while others are being filled; beside
  /// 7 MiB an application kept no more of a bulk transfer than beside a single large ring.
  static let hot: PacketSocket.Geometry = {
    let cache = ProcessorCache.secondLevelByteCount ?? (1 << 20)
    let block = cache >= 2 << 20 ? 1 << 20 : blockByteCount
    return PacketSocket.Geometry(blockByteCount: block, blockCount: 4, retireMilliseconds: retireMilliseconds)
  }()

  /// The reserve. Its blocks are small, so that there are many of them: at low rates it is the timer that ends a block, and
  /// 120 of them bridge half a second, where a throttled container stands still for less than a tenth. The timer is no
  /// longer, since frames of the hot ring wait for it. A block holds super-frames of 64 KiB and BIG TCP of 192 KiB.
  static func reserve(_ byteCount: Int) -> PacketSocket.Geometry {
    let block = 256 << 10
    return PacketSocket.Geometry(
      blockByteCount: block, blockCount: byteCount / block, retireMilliseconds: retireMilliseconds)
  }

  /// A ring that is alone.
  static func single(_ byteCount: Int) -> PacketSocket.Geometry {
    PacketSocket.Geometry(
      blockByteCount: blockByteCount, blockCount: max(2, byteCount / blockByteCount),
      retireMilliseconds: retireMilliseconds)
  }

  /// The smallest buffer that is divided into a hot ring and a reserve.
  static var smallestPair: Int { 4 * hot.byteCount }

  /// Blocks of each ring whose frames are put in order at once, at most: some, since a block goes back when all that was
  /// taken with it is sent. With two the first has ended before the second began, so that its frames can go.
  static let mergedBlockCount = 4
  /// Milliseconds that frames are held for others that may come before them: many times the rings' timers.
  static let mergePatienceMilliseconds: Int64 = 50
  /// Nanoseconds that a frame may have waited between its stamp and the ring, as far as that is believed.
  static let longestStampLead: Int64 = 10_000_000
  /// How often the hot ring is looked at while the reserve is shut, at most: a frame may come meanwhile, and a reserve
  /// that is shut for long might be needed.
  static let steeringLooks = 2_000
}
