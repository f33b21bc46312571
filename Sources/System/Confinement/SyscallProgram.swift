import CLinux
import Glibc

/// The program that the kernel runs before every system call (seccomp(2)): a table of rules, call by call.
package struct SyscallProgram: Equatable, Sendable {
  /// One instruction of it, as `struct sock_filter` has it.
  package struct Instruction: Equatable, Sendable, BitwiseCopyable {
    package let code: UInt16
    package let jumpTrue: UInt8
    package let jumpFalse: UInt8
    package let k: UInt32

    init(_ code: UInt16, _ k: UInt32, _ jumpTrue: Int = 0, _ jumpFalse: Int = 0) {
      self.code = code
      self.jumpTrue = UInt8(jumpTrue)
      self.jumpFalse = UInt8(jumpFalse)
      self.k = k
    }
  }

  /// What becomes of a call (SECCOMP_RET_*).
  package enum Verdict {
    /// It is made.
    package static let allow: UInt32 = 0x7FFF_0000
    /// It is not, and the thread gets SIGSYS.
    package static let trap: UInt32 = 0x0003_0000
    /// It is not, and returns `code`.
    package static func fail(_ code: CInt) -> UInt32 { 0x0005_0000 | UInt32(code) }
  }

  private static let load: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
  private static let and: UInt16 = 0x54  // BPF_ALU | BPF_AND | BPF_K
  private static let equal: UInt16 = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
  private static let atLeast: UInt16 = 0x35  // BPF_JMP | BPF_JGE | BPF_K
  private static let end: UInt16 = 0x06  // BPF_RET | BPF_K

  /// Offsets in `struct seccomp_data`: number, architecture, and the lower half of argument 0 on a little-endian machine.
  private static let numberOffset: UInt32 = 0
  private static let architectureOffset: UInt32 = 4
  private static let argumentOffset: UInt32 = 16

  #if arch(x86_64)
    /// AUDIT_ARCH_X86_64.
    package static let architecture: UInt32 = 0xC000_003E
    /// Above it are the calls of the x32 interface, which nothing here uses.
    private static let numberEnd: UInt32 = 0x4000_0000
  #elseif arch(arm64)
    /// AUDIT_ARCH_AARCH64.
    package static let architecture: UInt32 = 0xC000_00B7
    private static let numberEnd: UInt32 = 0x8000_0000
  #else
    #error("the list of system calls is made for x86-64 and arm64")
  #endif

  package let instructions: [Instruction]

  /// Lets calls through that a rule is for, has those above `newest` fail as on a kernel that does not know them, and traps
  /// everything else.
  package init(_ rules: [SyscallRule], newest: UInt32 = SyscallRule.newest) {
    var code = [
      Instruction(Self.load, Self.architectureOffset), Instruction(Self.equal, Self.architecture, 1, 0),
      Instruction(Self.end, Verdict.trap), Instruction(Self.load, Self.numberOffset),
    ]
    for rule in rules {
      let body = Self.body(rule.condition)
      code.append(Instruction(Self.equal, rule.number, 0, body.count))
      code += body
    }
    code += [
      Instruction(Self.atLeast, newest + 1, 0, 2), Instruction(Self.atLeast, Self.numberEnd, 1, 0),
      Instruction(Self.end, Verdict.fail(ENOSYS)), Instruction(Self.end, Verdict.trap),
    ]
    instructions = code
  }

  /// What decides about a call by its arguments.
  private static func body(_ condition: SyscallRule.Condition) -> [Instruction] {
    switch condition {
    case .always: [Instruction(end, Verdict.allow)]
    case .refused(let code): [Instruction(end, Verdict.fail(code))]
    case .oneOf(let argument, let values):
      [load(argument)] + jumps(values, then: Verdict.allow, otherwise: Verdict.trap)
    case .noneOf(let argument, let values):
      [load(argument)] + jumps(values, then: Verdict.trap, otherwise: Verdict.allow)
    case .bits(let argument, let mask, let bits, let others):
      [load(argument)] + others.flatMap { [Instruction(equal, $0, 0, 1), Instruction(end, Verdict.allow)] }
        + [Instruction(and, mask)] + jumps([bits], then: Verdict.allow, otherwise: Verdict.trap)
    }
  }

  private static func load(_ argument: Int) -> Instruction { Instruction(load, argumentOffset + 8 * UInt32(argument)) }

  /// Ends with one verdict if A is among `values`, and else with the other.
  private static func jumps(_ values: [UInt32], then: UInt32, otherwise: UInt32) -> [Instruction] {
    values.enumerated().map { index, value in Instruction(equal, value, values.count - index, 0) }
      + [Instruction(end, otherwise), Instruction(end, then)]
  }

  /// Puts the program in force, for every thread of the process. Needs no_new_privs.
  ///
  /// - Throws: `SystemError`: ENOSYS or EINVAL where the kernel has no such filters, ESRCH where a thread has others.
  package func enforce() throws(SystemError) {
    do throws(SystemError) {
      // Without SPEC_ALLOW, kernels before 5.16 take speculation past stores from whoever has a filter, which is meant for
      // processes that run others' code.
      try enforce(flags: SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW)
    } catch  where error.code == EINVAL {
      // Before 4.17 there is no such flag.
      try enforce(flags: SECCOMP_FILTER_FLAG_TSYNC)
    }
  }

  private func enforce(flags: UInt) throws(SystemError) {
    let filters = instructions.map { sock_filter(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.k) }
    try unsafe filters.withUnsafeBufferPointer { filters throws(SystemError) in
      var program = unsafe sock_fprog(
        len: UInt16(filters.count), filter: UnsafeMutablePointer(mutating: filters.baseAddress))
      let result = try Syscall.perform("seccomp") {
        unsafe withUnsafeMutablePointer(to: &program) {
          CLinux_syscall(Int(SYS_seccomp), Int(SECCOMP_SET_MODE_FILTER), Int(flags), Int(bitPattern: $0), 0)
        }
      }
      // With TSYNC, what is not -1 and not 0 is a thread that could not follow.
      if result != 0 { throw SystemError(operation: "seccomp", code: ESRCH) }
    }
  }
}
