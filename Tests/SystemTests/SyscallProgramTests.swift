import CLinux
import Glibc
import Testing

@testable import System

/// The program that judges system calls, run by an interpreter of its own.
@Suite struct SyscallProgramTests {
  private static let allow = SyscallProgram.Verdict.allow
  private static let trap = SyscallProgram.Verdict.trap

  /// What the kernel would do with a call: `struct seccomp_data` in words, the instructions as linux/filter.h has them.
  private func run(
    _ program: SyscallProgram, _ number: UInt32, _ arguments: [UInt64] = [], architecture: UInt32? = nil
  ) throws -> UInt32 {
    let all = arguments + [UInt64](repeating: 0, count: 6 - arguments.count)
    let data: [UInt32] =
      [number, architecture ?? SyscallProgram.architecture, 0, 0]
      + all.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] }
    var (accumulator, position, steps) = (UInt32(0), 0, 0)
    while true {
      let instruction = program.instructions[position]
      position += 1
      steps += 1
      switch instruction.code {
      case 0x20: accumulator = data[Int(instruction.k) / 4]
      case 0x54: accumulator &= instruction.k
      case 0x15: position += Int(accumulator == instruction.k ? instruction.jumpTrue : instruction.jumpFalse)
      case 0x35: position += Int(accumulator >= instruction.k ? instruction.jumpTrue : instruction.jumpFalse)
      case 0x06: return instruction.k
      default: throw SystemError(operation: "instruction \(instruction.code)", code: EINVAL)
      }
      try #require(steps < 2_000)
    }
  }

  @Test func aRuleLetsItsCallThroughAndNoOther() throws {
    let program = SyscallProgram([SyscallRule(7), SyscallRule(9)], newest: 450)
    for number: UInt32 in [7, 9] { #expect(try run(program, number) == Self.allow) }
    for number: UInt32 in [0, 6, 8, 10, 449, 450] { #expect(try run(program, number) == Self.trap, "\(number)") }
  }

  /// Newer calls are answered as an older kernel answers; those of another interface are not.
  @Test func whatIsNewerIsUnknown() throws {
    let program = SyscallProgram([SyscallRule(7)], newest: 450)
    for number: UInt32 in [451, 462, 0x3FFF_FFFF] { #expect(try run(program, number) == 0x5_0000 | UInt32(ENOSYS)) }
    #if arch(x86_64)
      for number: UInt32 in [0x4000_0000, 0x4000_0007, .max] { #expect(try run(program, number) == Self.trap) }
    #endif
  }

  /// i386's numbers mean other calls.
  @Test(arguments: [0x4000_0003, 0, 0xC000_00B8] as [UInt32]) func anotherArchitecture(_ architecture: UInt32) throws {
    let program = SyscallProgram([SyscallRule(7)], newest: 450)
    #expect(try run(program, 7, architecture: architecture) == Self.trap)
    #expect(try run(program, 451, architecture: architecture) == Self.trap)
  }

  @Test func argumentsOfAList() throws {
    let program = SyscallProgram([
      SyscallRule(1, .oneOf(argument: 0, [3, 5])), SyscallRule(2, .noneOf(argument: 5, [3, 5])), SyscallRule(3),
    ])
    for (value, isListed) in [(2, false), (3, true), (4, false), (5, true), (6, false)] as [(UInt64, Bool)] {
      #expect(try run(program, 1, [value]) == (isListed ? Self.allow : Self.trap))
      #expect(try run(program, 2, [0, 0, 0, 0, 0, value]) == (isListed ? Self.trap : Self.allow))
    }
    // The kernel does not look at the upper half of such an argument either.
    #expect(try run(program, 1, [0xFFFF_FFFF_0000_0003]) == Self.allow)
    #expect(try run(program, 3, [9, 9, 9, 9, 9, 9]) == Self.allow)
  }

  @Test func argumentsByBits() throws {
    let program = SyscallProgram([
      SyscallRule(1, .bits(argument: 1, mask: 0xFF00, 0x8900, others: [7])), SyscallRule(2),
    ])
    for value: UInt64 in [0x8900, 0x8927, 0x1_8933, 7] { #expect(try run(program, 1, [0, value]) == Self.allow) }
    for value: UInt64 in [0x8800, 0xC900, 8, 0] { #expect(try run(program, 1, [0, value]) == Self.trap) }
    #expect(try run(program, 2) == Self.allow)
  }

  @Test func refusedWithAnError() throws {
    let program = SyscallProgram([SyscallRule(1, .refused(ENOSYS)), SyscallRule(2)])
    #expect(try run(program, 1) == 0x5_0000 | UInt32(ENOSYS))
    #expect(try run(program, 2) == Self.allow)
  }

  // MARK: The forwarder's list

  private func forwarder(writesFiles: Bool = false) -> SyscallProgram {
    SyscallProgram(SyscallRule.list(writesFiles: writesFiles, process: 4_711))
  }

  @Test func noCallIsListedTwice() {
    let numbers = SyscallRule.list(writesFiles: true, process: 1).map(\.number)
    #expect(Set(numbers).count == numbers.count)
    #expect(numbers.allSatisfy { $0 <= SyscallRule.newest })
  }

  /// The kernel takes 4096 instructions (BPF_MAXINSNS).
  @Test func theProgramIsShort() { #expect(forwarder(writesFiles: true).instructions.count < 500) }

  static let dangerous = [
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_mount, SYS_umount2,
    SYS_pivot_root, SYS_chroot, SYS_bpf, SYS_perf_event_open, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_kexec_load, SYS_reboot, SYS_setns, SYS_unshare, SYS_setuid, SYS_setgid, SYS_setresuid, SYS_setgroups,
    SYS_capset,
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_userfaultfd, SYS_io_uring_setup, SYS_memfd_create, SYS_kill,
    SYS_tkill, SYS_pidfd_open, SYS_pidfd_getfd, SYS_socketpair, SYS_mkdirat, SYS_linkat, SYS_symlinkat, SYS_mknodat,
    SYS_fchmod, SYS_fchown, SYS_personality, SYS_quotactl, SYS_swapon, SYS_open_by_handle_at, SYS_open_tree,
    SYS_move_mount, SYS_fsopen, SYS_openat2, SYS_seccomp, SYS_settimeofday, SYS_clock_settime, SYS_sethostname,
  ]

  @Test(arguments: dangerous) func dangerousCallsAreNotListed(_ number: CInt) throws {
    #expect(try run(forwarder(writesFiles: true), UInt32(number)) == Self.trap)
  }

  @Test func writingIsForWhoWritesFiles() throws {
    for flags in [O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND, 0o20200000] {
      let arguments: [UInt64] = [0, 0, UInt64(flags)]
      #expect(try run(forwarder(), UInt32(SYS_openat), arguments) == Self.trap)
      #expect(try run(forwarder(writesFiles: true), UInt32(SYS_openat), arguments) == Self.allow)
    }
    #expect(try run(forwarder(), UInt32(SYS_openat), [0, 0, UInt64(O_RDONLY | O_CLOEXEC)]) == Self.allow)
    #expect(try run(forwarder(), UInt32(SYS_renameat)) == Self.trap)
    #expect(try run(forwarder(writesFiles: true), UInt32(SYS_renameat)) == Self.allow)
  }

  @Test func threadsButNoProcesses() throws {
    // What glibc passes for a thread, and for fork(2).
    #expect(try run(forwarder(), UInt32(SYS_clone), [0x3D_0F00]) == Self.allow)
    #expect(try run(forwarder(), UInt32(SYS_clone), [0x0120_0011]) == Self.trap)
    #expect(try run(forwarder(), UInt32(SYS_clone), [0x0000_4111]) == Self.trap)
    #expect(try run(forwarder(), UInt32(SYS_clone3)) == 0x5_0000 | UInt32(ENOSYS))
  }

  @Test func noMemoryIsWritableAndExecutable() throws {
    let (read, write, execute) = (UInt64(PROT_READ), UInt64(PROT_WRITE), UInt64(PROT_EXEC))
    #expect(try run(forwarder(), UInt32(SYS_mmap), [0, 0, read | execute]) == Self.allow)
    for protection in [write | execute, read | write | execute] {
      #expect(try run(forwarder(), UInt32(SYS_mmap), [0, 0, protection]) == Self.trap)
      #expect(try run(forwarder(), UInt32(SYS_mprotect), [0, 0, protection]) == Self.trap)
    }
    #if arch(x86_64)
      #expect(try run(forwarder(), UInt32(SYS_mprotect), [0, 0, read | execute]) == Self.trap)
    #endif
  }

  @Test func socketsSignalsAndTerminals() throws {
    #expect(try run(forwarder(), UInt32(SYS_socket), [UInt64(AF_PACKET)]) == Self.allow)
    for family in [AF_BLUETOOTH, AF_VSOCK, AF_ALG, AF_KEY] {
      #expect(try run(forwarder(), UInt32(SYS_socket), [UInt64(family)]) == Self.trap)
    }
    #expect(try run(forwarder(), UInt32(SYS_tgkill), [4_711, 4_712, 6]) == Self.allow)
    #expect(try run(forwarder(), UInt32(SYS_tgkill), [1, 1, 9]) == Self.trap)
    #expect(try run(forwarder(), UInt32(SYS_rt_sigaction), [UInt64(SIGSYS)]) == Self.trap)
    #expect(try run(forwarder(), UInt32(SYS_rt_sigaction), [UInt64(SIGALRM)]) == Self.allow)
    #expect(try run(forwarder(), UInt32(SYS_ioctl), [0, UInt64(TIOCSTI)]) == Self.trap)
    #expect(try run(forwarder(), UInt32(SYS_ioctl), [0, UInt64(SIOCGIFINDEX)]) == Self.allow)
  }
}
