import CLinux
import Glibc

/// Capabilities of the calling thread (capabilities(7)); threads that it starts later have the same.
package struct Capabilities: Equatable, Sendable {
  /// CAP_NET_RAW: to open packet sockets, which reopening a capture does again, and to mark what is sent.
  package static let netRaw = Capabilities(bits: 1 << UInt64(CAP_NET_RAW))

  /// One bit each.
  package var bits: UInt64

  package init(bits: UInt64) { self.bits = bits }

  /// The capabilities that are in both.
  package func intersection(_ other: Capabilities) -> Capabilities { Capabilities(bits: bits & other.bits) }

  /// What the thread may have.
  package static func permitted() throws(SystemError) -> Capabilities {
    let words = try get()
    return Capabilities(bits: UInt64(words[1]) | UInt64(words[4]) << 32)
  }

  /// What the thread has in force.
  package static func effective() throws(SystemError) -> Capabilities {
    let words = try get()
    return Capabilities(bits: UInt64(words[0]) | UInt64(words[3]) << 32)
  }

  /// Effective, permitted and inheritable set of capabilities 0 to 31, then of 32 to 63
  /// (`struct __user_cap_data_struct`, twice).
  private static func get() throws(SystemError) -> InlineArray<6, UInt32> {
    var header = Self.header
    var words = InlineArray<6, UInt32>(repeating: 0)
    try Syscall.perform("capget") {
      unsafe withUnsafeMutablePointer(to: &header) { header in
        unsafe withUnsafeMutablePointer(to: &words) { words in
          CLinux_syscall(Int(SYS_capget), Int(bitPattern: header), Int(bitPattern: words), 0, 0)
        }
      }
    }
    return words
  }

  private static var header: __user_cap_header_struct {
    __user_cap_header_struct(version: UInt32(_LINUX_CAPABILITY_VERSION_3), pid: 0)
  }

  /// Makes these the thread's, permitted and effective; none is inheritable or ambient any more.
  ///
  /// - Throws: `SystemError`: EPERM for what is not permitted.
  package func assume() throws(SystemError) {
    let (low, high) = (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
    var header = Self.header
    var words: InlineArray<6, UInt32> = [low, low, 0, high, high, 0]
    try Syscall.perform("capset") {
      unsafe withUnsafeMutablePointer(to: &header) { header in
        unsafe withUnsafeMutablePointer(to: &words) { words in
          CLinux_syscall(Int(SYS_capset), Int(bitPattern: header), Int(bitPattern: words), 0, 0)
        }
      }
    }
  }

  /// Takes all others out of the set that any program may get back by being executed. Needs CAP_SETPCAP.
  package func bound() {
    for number in 0..<64 where bits & 1 << UInt64(number) == 0 {
      // EINVAL: the kernel knows none of this number.
      _ = CLinux_prctl(PR_CAPBSET_DROP, UInt(number), 0)
    }
  }
}
