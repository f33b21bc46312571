internal import CPcap
internal import Glibc

/// A pcap-filter(7) expression about the frames inside the tunnel. Their bytes are all there is to ask: no `inbound`,
/// `ifname` or what else Linux keeps beside a packet.
@safe
public final class InnerFilter: Sendable {
  /// Why an expression is none.
  public struct Failure: Error, Equatable, Sendable {
    /// libpcap's text.
    public let message: String
  }

  /// Owned by libpcap's allocator, and never changed once it is made.
  private nonisolated(unsafe) let program: UnsafeMutablePointer<bpf_program>

  /// Compiles `expression` for Ethernet frames. An empty one lets everything through.
  public init(_ expression: String) throws(Failure) {
    // Fails only without memory.
    guard let handle = unsafe pcap_open_dead(DLT_EN10MB, 262_144) else { throw Failure(message: "out of memory") }
    defer { unsafe pcap_close(handle) }
    let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
    unsafe program.initialize(to: bpf_program())
    guard unsafe pcap_compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
      unsafe program.deallocate()
      throw Failure(message: unsafe String(cString: pcap_geterr(handle)))
    }
    unsafe self.program = program
  }

  deinit {
    unsafe pcap_freecode(program)
    unsafe program.deallocate()
  }

  /// Whether `frame` is let through; `originalByteCount` is what `len` means in the expression.
  func matches(_ frame: RawSpan, originalByteCount: Int) -> Bool {
    unsafe frame.withUnsafeBytes { bytes in
      // The program is libpcap's own, and reads within the length that it is given.
      unsafe bpf_filter(
        program.pointee.bf_insns, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
        UInt32(clamping: originalByteCount), UInt32(clamping: bytes.count)) != 0
    }
  }
}
