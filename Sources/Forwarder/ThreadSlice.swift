import CLinux

/// How the scheduler treats the capture thread.
enum ThreadSlice {
  /// The shortest slice that Linux grants, in nanoseconds.
  private static let shortest: UInt64 = 100_000

  /// Asks for short slices (Linux 6.12). The thread gets no more CPU time than its share, but gets it in smaller pieces
  /// and so sooner: beside busy threads a full ring otherwise waits for their slices to end. Needs no privilege;
  /// kernels that do not know it are left as they are.
  static func makeShort() {
    var attributes = CLinux_sched_attr()
    guard unsafe CLinux_sched_getattr(&attributes) == 0 else { return }
    attributes.size = UInt32(MemoryLayout<CLinux_sched_attr>.size)
    attributes.runtime = shortest
    _ = unsafe CLinux_sched_setattr(&attributes)
  }
}
