import CLinux
import Glibc

extension SyscallRule {
  /// The highest number in the headers that this list was made by (Linux 6.1). Libraries try newer calls and know that
  /// an older kernel has none of them.
  package static let newest: UInt32 = 450

  /// All that the forwarder does once it is confined, most frequent first: before Linux 5.11 the kernel goes through them
  /// one by one.
  ///
  /// - Parameters:
  ///   - writesFiles: whether it keeps a file up to date; else none is opened but for reading, and that where the kernel
  ///     has no Landlock as well.
  ///   - process: the process that signals itself.
  package static func list(writesFiles: Bool, process: Int32) -> [SyscallRule] {
    sending + memory(newestProtection) + reading(writesFiles: writesFiles) + signals(process) + others + older
      + (writesFiles ? writing : [])
  }

  /// What is done per batch, and what sockets need.
  private static let sending: [SyscallRule] =
    [
      SYS_sendmsg, SYS_sendmmsg, SYS_ppoll, SYS_getsockopt, SYS_recvmsg, SYS_read, SYS_write, SYS_futex,
      SYS_clock_nanosleep, SYS_clock_gettime, SYS_setsockopt, SYS_connect, SYS_bind, SYS_listen, SYS_accept,
      SYS_accept4,
      SYS_getsockname, SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_recvmmsg, SYS_shutdown, SYS_writev, SYS_readv,
    ].map { SyscallRule($0) } + [
      SyscallRule(
        SYS_socket, .oneOf(argument: 0, [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET].map { UInt32($0) })),
      // Questions about interfaces (SIOC*) and descriptors; not what puts letters into a terminal (TIOCSTI).
      SyscallRule(
        SYS_ioctl,
        .bits(argument: 1, mask: 0xFFFF_FF00, 0x8900, others: [FIONREAD, FIONBIO, TCGETS].map { UInt32($0) })),
    ]

  /// Nothing is writable and executable; see `newestProtection`.
  private static func memory(_ protection: Condition) -> [SyscallRule] {
    [SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk].map { SyscallRule($0) } + [
      SyscallRule(SYS_mmap, .noneOf(argument: 2, writableCode)), SyscallRule(SYS_mprotect, protection),
    ]
  }

  private static let writableCode = [PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC].map { UInt32($0) }

  /// What was writable must not become executable. On arm64 the loader marks code by mprotect (PROT_BTI).
  private static var newestProtection: Condition {
    #if arch(x86_64)
      .oneOf(argument: 2, [PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE].map { UInt32($0) })
    #else
      .noneOf(argument: 2, writableCode)
    #endif
  }

  private static func reading(writesFiles: Bool) -> [SyscallRule] {
    // O_ACCMODE, O_CREAT, O_TRUNC and __O_TMPFILE.
    let writing = UInt32(O_ACCMODE | O_CREAT | O_TRUNC) | 0o20000000
    return [SyscallRule(SYS_openat, writesFiles ? .always : .bits(argument: 2, mask: writing, UInt32(O_RDONLY)))]
      + [
        SYS_close, SYS_newfstatat, SYS_fstat, SYS_statx, SYS_lseek, SYS_pread64, SYS_getdents64, SYS_readlinkat,
        SYS_faccessat, SYS_faccessat2, SYS_getcwd, SYS_statfs, SYS_fstatfs, SYS_fcntl, SYS_dup, SYS_dup3,
      ].map { SyscallRule($0) }
  }

  private static let writing: [SyscallRule] = [
    SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_fsync, SYS_fdatasync, SYS_ftruncate,
  ].map { SyscallRule($0) }

  private static func signals(_ process: Int32) -> [SyscallRule] {
    [
      SyscallRule(SYS_rt_sigprocmask), SyscallRule(SYS_rt_sigreturn), SyscallRule(SYS_sigaltstack),
      SyscallRule(SYS_signalfd4), SyscallRule(SYS_setitimer), SyscallRule(SYS_restart_syscall),
      // Nobody takes the last words away.
      SyscallRule(SYS_rt_sigaction, .noneOf(argument: 0, [UInt32(SIGSYS)])),
      // abort(3), and nobody else is sent anything.
      SyscallRule(SYS_tgkill, .oneOf(argument: 0, [UInt32(process)])),
    ]
  }

  private static let others: [SyscallRule] =
    [
      SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity, SYS_getcpu,
      SYS_gettid, SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getrandom, SYS_uname,
      SYS_sysinfo, SYS_getrusage, SYS_nanosleep, SYS_clock_getres, SYS_gettimeofday, SYS_eventfd2, SYS_pipe2,
      // Modules of the C library's resolver.
      SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_timerfd_create,
      SYS_timerfd_settime,
    ].map { SyscallRule($0) } + [
      // Threads, not processes; the other form takes its flags from memory, where they cannot be looked at.
      SyscallRule(SYS_clone, .bits(argument: 0, mask: threadFlags, threadFlags)),
      SyscallRule(SYS_clone3, .refused(ENOSYS)),
      SyscallRule(SYS_prctl, .oneOf(argument: 0, [UInt32(PR_SET_NAME), UInt32(PR_GET_NAME)])),
      // The own limits.
      SyscallRule(SYS_prlimit64, .oneOf(argument: 0, [0, UInt32(getpid())])),
    ]

  /// CLONE_VM and CLONE_THREAD.
  private static let threadFlags: UInt32 = 0x100 | 0x1_0000

  /// Calls that newer architectures do not have.
  private static var older: [SyscallRule] {
    #if arch(x86_64)
      [
        SYS_poll, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_getrlimit, SYS_select, SYS_epoll_wait, SYS_time,
        SYS_dup2, SYS_unlink, SYS_rename,
      ].map { SyscallRule($0) }
    #else
      []
    #endif
  }
}
