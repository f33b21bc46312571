import CLinux
import CPcap
import Synchronization

/// A classic BPF program as the kernel runs it on a packet socket.
public struct BPFProgram: Equatable, Sendable {
  /// One instruction (`struct sock_filter`, linux/filter.h).
  public struct Instruction: Equatable, Sendable, BitwiseCopyable {
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

  /// The instruction at `index` as libpcap writes it: `(003) jeq      #0x6             jt 4    jf 9`.
  func line(_ index: Int) -> String {
    let instruction = instructions[index]
    var copy = bpf_insn()
    copy.code = instruction.code
    copy.jt = instruction.jumpTrue
    copy.jf = instruction.jumpFalse
    copy.k = instruction.k
    return Self.image.withLock { _ in
      guard let text = unsafe bpf_image(&copy, CInt(index)) else { return "" }
      return unsafe String(cString: text)
    }
  }

  /// The text lies in a buffer of libpcap's until the next call, on whatever thread.
  private static let image = Mutex(())

  /// The program as libpcap takes it, for the time of the call.
  func withProgram<R>(_ body: (UnsafeMutablePointer<bpf_program>) -> R) -> R {
    unsafe instructions.withUnsafeBytes { bytes in
      var program = unsafe bpf_program(
        bf_len: UInt32(instructions.count),
        bf_insns: UnsafeMutablePointer(mutating: bytes.baseAddress!.assumingMemoryBound(to: bpf_insn.self)))
      return unsafe body(&program)
    }
  }
}

extension BPFProgram {
  /// The program for a socket that sees several interfaces of several kinds.
  ///
  /// Interfaces not in `interfaces` (empty: all are) are rejected, and so is the outgoing copy of each loopback
  /// frame, which comes again as an incoming one. Frames with an Ethernet header then run this program, which was
  /// compiled for Ethernet; others are passed up whole, to be matched by a program compiled for raw IP.
  public func forPacketSocket(interfaces: [Int32], passingOthers: Bool) -> BPFProgram {
    var code = BPFAssembler()
    let reject = code.label()
    let ethernet = code.label()
    if !interfaces.isEmpty {
      let wanted = code.label()
      code.append(.load(.interfaceIndex))
      for (position, index) in interfaces.enumerated() {
        let isLast = position == interfaces.count - 1
        code.jump(if: .equal, UInt32(bitPattern: index), to: wanted, otherwise: isLast ? reject : nil)
      }
      code.place(wanted)
    }
    let others = code.label()
    code.append(.load(.hardwareType))
    code.jump(if: .equal, UInt32(NetworkInterface.ethernetType), to: ethernet)
    code.jump(if: .equal, UInt32(NetworkInterface.loopbackType), otherwise: others)
    code.append(.load(.packetType))
    code.jump(if: .equal, UInt32(PACKET_OUTGOING), to: reject, otherwise: ethernet)
    code.place(others)
    code.append(.keep(passingOthers ? Self.wholeFrame : 0))
    code.place(reject)
    code.append(.keep(0))
    code.place(ethernet)
    code.append(instructions)
    return BPFProgram(instructions: code.assemble())
  }

  /// The program behind a look at the mark: frames that carry it are rejected before anything else; nil looks for
  /// none. In the kernel only.
  func rejecting(mark: UInt32?) -> BPFProgram {
    guard let mark else { return self }
    var code = BPFAssembler()
    let other = code.label()
    code.append(.load(.mark))
    code.jump(if: .equal, mark, otherwise: other)
    code.append(.keep(0))
    code.place(other)
    code.append(instructions)
    return BPFProgram(instructions: code.assemble())
  }

  /// The program behind another one: what `unwanted` takes is rejected, everything else is for this one.
  func rejecting(_ unwanted: BPFProgram) -> BPFProgram {
    let jumpAlways: UInt16 = 0x05  // BPF_JMP | BPF_JA
    let count = unwanted.instructions.count
    var all = unwanted.instructions.enumerated().map { index, instruction in
      guard instruction.code == Self.returnConstant else { return instruction }
      return instruction.k == 0 ? Instruction(jumpAlways, UInt32(count - index - 1)) : .keep(0)
    }
    // As the kernel starts a program.
    all += [.load(value: 0), .copyToX]
    return BPFProgram(instructions: all + instructions)
  }

  /// The program with `next` to judge what it takes. It must not return A.
  func followed(by next: [Instruction]) -> BPFProgram {
    let end = instructions.count
    let head = instructions.enumerated().map { index, instruction in
      guard instruction.code == Self.returnConstant, instruction.k != 0 else { return instruction }
      return .jump(over: UInt32(end - index - 1))
    }
    return BPFProgram(instructions: head + next)
  }
}
