import CLinux
import CPcap
import Glibc

/// A classic BPF program as the kernel runs it on a packet socket.
public struct BPFProgram: Equatable, Sendable {
  /// One instruction (`struct sock_filter`, linux/filter.h).
  public struct Instruction: Equatable, Sendable {
    var code: UInt16
    var jumpTrue: UInt8
    var jumpFalse: UInt8
    var k: UInt32

    init(_ code: UInt16, _ k: UInt32, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0) {
      self.code = code
      self.jumpTrue = jumpTrue
      self.jumpFalse = jumpFalse
      self.k = k
    }
  }

  /// BPF_RET | BPF_K.
  static let returnConstant: UInt16 = 0x06
  /// Kept bytes of a frame that is taken whole; no frame is longer.
  static let wholeFrame: UInt32 = 0x7FFF_FFFF

  /// BPF_MAXINSNS.
  static let maximumCount = 4_096

  /// The instructions; the kernel takes `maximumCount` of them.
  public var instructions: [Instruction]

  /// Takes nothing: frames that are not there yet stay out while what was captured is drained.
  public static let rejectAll = BPFProgram(instructions: [Instruction(returnConstant, 0)])

  /// The same program keeping `snapLength` bytes of each frame it takes.
  public func keeping(_ snapLength: UInt32) -> BPFProgram {
    var copy = self
    for index in copy.instructions.indices where copy.instructions[index].code == Self.returnConstant {
      if copy.instructions[index].k != 0 { copy.instructions[index].k = snapLength }
    }
    return copy
  }

  /// Bytes of `packet` that the program keeps, 0 for none. For programs without Linux extensions only.
  public func match(_ packet: RawSpan, wireByteCount: Int) -> UInt32 {
    unsafe instructions.withUnsafeBytes { program in
      unsafe packet.withUnsafeBytes { bytes in
        // Instruction has the layout of struct bpf_insn: two bytes of code, one of each jump, four of k.
        unsafe bpf_filter(
          program.baseAddress!.assumingMemoryBound(to: bpf_insn.self),
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
          UInt32(clamping: wireByteCount), UInt32(clamping: bytes.count))
      }
    }
  }

  /// The program as libpcap takes it, for the time of the call.
  func withProgram<R>(_ body: (UnsafeMutablePointer<bpf_program>) -> R) -> R {
    unsafe instructions.withUnsafeBytes { bytes in
      var program = unsafe bpf_program(
        bf_len: UInt32(instructions.count),
        bf_insns: UnsafeMutablePointer(mutating: bytes.baseAddress!.assumingMemoryBound(to: bpf_insn.self)))
      return unsafe body(&program)
    }
  }

  /// Attaches the program to a packet socket; it replaces one that is there atomically.
  func attach(to descriptor: CInt) throws(CaptureError) {
    precondition(MemoryLayout<Instruction>.stride == MemoryLayout<sock_filter>.stride)
    guard instructions.count <= Self.maximumCount else {
      let reason = "the filter has \(instructions.count) instructions, and the kernel takes \(Self.maximumCount)"
      throw .failed(operation: "SO_ATTACH_FILTER", reason: reason)
    }
    let result = unsafe instructions.withUnsafeBytes { bytes in
      var program = unsafe sock_fprog(
        len: UInt16(instructions.count),
        filter: UnsafeMutablePointer(
          mutating: bytes.baseAddress!.assumingMemoryBound(to: sock_filter.self)))
      return unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, socklen_t(MemoryLayout<sock_fprog>.size))
    }
    guard result == 0 else { throw .system("SO_ATTACH_FILTER") }
  }
}

extension BPFProgram {
  /// The program for a socket that sees several interfaces of several kinds.
  ///
  /// Interfaces not in `interfaces` (empty: all are) are rejected, and so is the outgoing copy of each loopback
  /// frame, which comes again as an incoming one. Frames with an Ethernet header then run this program, which was
  /// compiled for Ethernet; others are passed up whole, to be matched by a program compiled for raw IP.
  public func forPacketSocket(interfaces: [Int32], passingOthers: Bool) -> BPFProgram {
    let load: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
    let jumpEqual: UInt16 = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
    let jumpAlways: UInt16 = 0x05  // BPF_JMP | BPF_JA
    let ancillary: UInt32 = 0xFFFF_F000  // SKF_AD_OFF
    var prefix: [Instruction] = []
    if !interfaces.isEmpty {
      prefix.append(Instruction(load, ancillary + 8))  // SKF_AD_IFINDEX
      for (position, index) in interfaces.enumerated() {
        // A conditional jump reaches 255 instructions; this one reaches all.
        let rest = interfaces.count - position - 1
        prefix.append(Instruction(jumpEqual, UInt32(index), jumpFalse: 1))
        prefix.append(Instruction(jumpAlways, UInt32(2 * rest + 1)))
      }
      prefix.append(Instruction(Self.returnConstant, 0))
    }
    prefix += [
      Instruction(load, ancillary + 28),  // SKF_AD_HATYPE
      Instruction(jumpEqual, UInt32(NetworkInterface.ethernetType), jumpTrue: 5),
      Instruction(jumpEqual, UInt32(NetworkInterface.loopbackType), jumpTrue: 1),
      Instruction(Self.returnConstant, passingOthers ? Self.wholeFrame : 0),
      Instruction(load, ancillary + 4),  // SKF_AD_PKTTYPE
      Instruction(jumpEqual, 4, jumpFalse: 1),  // PACKET_OUTGOING
      Instruction(Self.returnConstant, 0),
    ]
    return BPFProgram(instructions: prefix + instructions)
  }
}

extension CaptureError {
  /// The failure of a system call just made, from errno.
  static func system(_ operation: String) -> CaptureError {
    let code = errno
    if code == EPERM || code == EACCES { return .notPermitted }
    return .failed(operation: operation, reason: unsafe String(cString: strerror(code)))
  }
}
