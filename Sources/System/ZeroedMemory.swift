import Glibc

/// Zeroed memory of fixed size that takes up room only where it was written to, until `takeUp`.
@safe
package struct ZeroedMemory: ~Copyable {
  /// The first byte, at the start of a page.
  package let base: UnsafeMutableRawPointer
  /// Bytes from `base` on.
  package let byteCount: Int

  /// Reserves `byteCount` bytes, 1 or more.
  ///
  /// - Throws: `SystemError` of mmap(2): ENOMEM.
  package init(byteCount: Int) throws(SystemError) {
    let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw SystemError(operation: "mmap", code: errno)
    }
    unsafe base = memory
    self.byteCount = byteCount
  }

  /// No memory at all.
  package init() {
    unsafe base = UnsafeMutableRawPointer(bitPattern: 64)!
    byteCount = 0
  }

  /// Has the system give all of it now, so that nothing is waited for, or found wanting, later.
  package func takeUp() {
    // As many bytes as a page has at least.
    for offset in stride(from: 0, to: byteCount, by: 4_096) {
      unsafe base.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
    }
  }

  deinit { if byteCount > 0 { unsafe munmap(base, byteCount) } }
}
