import CFuzzSupport
import Glibc

/// Memory whose end is the end of what may be touched: a read or write behind it ends the program in every build, and
/// under AddressSanitizer one in front of it too. Made once, so that a run costs no allocation.
public final class GuardedMemory {
  private static let page = 4_096
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var front: UnsafeMutableRawBufferPointer?

  /// Room for `capacity` bytes, rounded up to pages, between two pages that nobody may touch.
  public init(capacity: Int) {
    let size = (capacity + Self.page - 1) & ~(Self.page - 1)
    let memory = mmap(nil, size + 2 * Self.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED, mprotect(memory + Self.page, size, PROT_READ | PROT_WRITE) == 0 else {
      fatalError("guarded memory: errno \(errno)")
    }
    base = memory + Self.page
    self.capacity = size
  }

  /// The last `count` bytes, with whatever they held before.
  public func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
    precondition(count >= 0 && count <= capacity)
    if let front { CFuzzSupport_unpoison(front.baseAddress!, front.count) }
    let start = base + (capacity - count)
    // What is as far in front as a wrong length is likely to reach.
    front = UnsafeMutableRawBufferPointer(start: max(base, start - 512), count: min(512, start - base))
    CFuzzSupport_poison(front!.baseAddress!, front!.count)
    return UnsafeMutableRawBufferPointer(start: start, count: count)
  }
}
