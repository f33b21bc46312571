import Forwarder

/// What memory a forwarder is given, in MiB. The program itself takes some MiB; the rings are the kernel's, and count where
/// it charges them to the container.
struct SidecarMemory: Equatable, Sendable {
  /// What is kept free for it.
  let reservation: Int
  /// Where it ends.
  let limit: Int

  init(_ settings: Settings) {
    let rings = ((settings.bufferByteCount + 1 << 20 - 1) >> 20) * max(1, settings.workers)
    reservation = rings + 32
    limit = (rings + 64 + 63) / 64 * 64
  }
}
