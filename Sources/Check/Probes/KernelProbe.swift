import CLinux
import Glibc
import System

/// What of this kernel makes the forwarder cheaper, or lets it know more.
enum KernelProbe {
  /// What is to be said. `hasOffloadHeader`: whether a ring got the kernel's offload metadata; nil if none was opened.
  static func run(hasOffloadHeader: Bool?) -> [Finding] {
    var findings: [Finding] = []
    if canSegment {
      findings.append(.fine("kernel", "UDP_SEGMENT: datagrams go in batches"))
    } else {
      findings.append(
        .note("kernel", "no UDP_SEGMENT (Linux 4.18): datagrams go one by one, at several times the CPU"))
    }
    switch hasOffloadHeader {
    case true?:
      findings.append(.fine("kernel", "PACKET_VNET_HDR: super-frames are cut as they were, checksums known"))
    case false?:
      findings.append(
        .note(
          "kernel",
          "no PACKET_VNET_HDR (Linux 6.2): UDP super-datagrams are fragmented, and open checksums are told by their value"
        ))
    case nil: break
    }
    return findings
  }

  private static var canSegment: Bool {
    guard let probe = try? OwnedDescriptor.socket(AF_INET, .datagram) else { return false }
    return (try? SocketOption.set(probe.value, CLinux_SOL_UDP, CLinux_UDP_SEGMENT, to: 1_000, "UDP_SEGMENT")) != nil
  }
}
