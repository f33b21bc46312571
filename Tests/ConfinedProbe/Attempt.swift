import CLinux
import Glibc
import System

/// The things that are tried. Each returns 0 or errno.
enum Attempt {
  static func named(_ name: String, _ path: String) -> CInt {
    switch name {
    case "read": open(path, O_RDONLY)
    case "write": open(path, O_WRONLY | O_CREAT | O_TRUNC)
    case "append": open(path, O_WRONLY | O_APPEND)
    case "replace": replace(path)
    case "unlink": call(SYS_unlinkat, Int(AT_FDCWD), pointer(path))
    case "connect": socketCall(isListening: false, port: UInt16(path) ?? 0)
    case "listen": socketCall(isListening: true, port: UInt16(path) ?? 0)
    case "lookup": (try? NameLookup.addresses(of: path, port: 1, onlyReachable: false)) == nil ? EHOSTUNREACH : 0
    case "packet-socket": result(Int(socket(AF_PACKET, CInt(SOCK_RAW.rawValue), 0)))
    case "answer": answer()
    case "thread": thread()
    case "crash": crash()
    default: forbidden(name, path)
    }
  }

  /// What there is no rule for.
  private static func forbidden(_ name: String, _ path: String) -> CInt {
    switch name {
    case "exec": call(SYS_execve, pointer("/bin/true"))
    case "fork": call(SYS_clone, Int(SIGCHLD))
    case "ptrace": call(SYS_ptrace, 16, Int(getppid()))
    case "mount": call(SYS_mount, pointer("none"), pointer("/tmp"))
    case "unshare": call(SYS_unshare, 0x1000_0000)
    case "bpf": call(SYS_bpf)
    case "perf": call(SYS_perf_event_open)
    case "module": call(SYS_init_module)
    case "setuid": call(SYS_setuid)
    case "kill": call(SYS_kill, Int(getppid()), 0)
    case "tgkill": call(SYS_tgkill, Int(getppid()), Int(getppid()))
    case "memfd": call(SYS_memfd_create, pointer("x"))
    case "io_uring": call(SYS_io_uring_setup, 1)
    case "keyctl": call(SYS_keyctl)
    case "read-other-memory": call(SYS_process_vm_readv, Int(getppid()))
    case "chmod": call(SYS_fchmodat, Int(AT_FDCWD), pointer("/tmp"), 0o777)
    case "crypto-socket": call(SYS_socket, Int(AF_ALG), 5)
    case "terminal": call(SYS_ioctl, 0, Int(TIOCSTI))
    case "code": call(SYS_mmap, 0, 4_096, Int(PROT_WRITE | PROT_EXEC))
    case "silence": call(SYS_rt_sigaction, Int(SIGSYS))
    case "newer": call(9_999)
    default: -1
    }
  }

  private static func call(_ number: CInt, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0) -> CInt {
    ConfinedProbe.say("call \(number)")
    return result(CLinux_syscall(Int(number), first, second, third, 0))
  }

  private static func open(_ path: String, _ flags: CInt) -> CInt {
    ConfinedProbe.say("call \(SYS_openat)")
    return result(unsafe Int(Glibc.open(path, flags, 0o600)))
  }

  private static func result(_ value: Int) -> CInt { value == -1 ? errno : 0 }

  /// Never freed: the process ends.
  private static func pointer(_ text: String) -> Int { unsafe Int(bitPattern: strdup(text)) }

  private static func socketCall(isListening: Bool, port: UInt16) -> CInt {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe result(Int(isListening ? bind(descriptor, generic, size) : connect(descriptor, generic, size)))
      }
    }
  }

  /// A file that is there as a whole or not at all.
  private static func replace(_ path: String) -> CInt {
    let code = open("\(path).new", O_WRONLY | O_CREAT | O_TRUNC)
    return code == 0 ? unsafe result(Int(rename("\(path).new", path))) : code
  }

  /// An abstract Unix socket that asks who has connected to it.
  private static func answer() -> CInt {
    let (server, client) = (
      socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0), socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    )
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Without a name the kernel gives it one.
    let (unnamed, whole) = (socklen_t(MemoryLayout<sa_family_t>.size), socklen_t(MemoryLayout<sockaddr_un>.size))
    return unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        var size = whole
        guard unsafe bind(server, generic, unnamed) == 0, listen(server, 8) == 0,
          unsafe getsockname(server, generic, &size) == 0, unsafe connect(client, generic, size) == 0
        else { return errno }
        let accepted = CInt(CLinux_syscall(Int(SYS_accept4), Int(server), 0, 0, Int(SOCK_CLOEXEC.rawValue)))
        guard accepted >= 0 else { return errno }
        let credentials = SocketOption.get(
          accepted, SOL_SOCKET, SO_PEERCRED, into: InlineArray<3, UInt32>(repeating: 0))
        return credentials?[1] == geteuid() ? 0 : EPERM
      }
    }
  }

  private static func thread() -> CInt {
    do throws(SystemError) {
      let done = try Event()
      try BackgroundThread.run(name: "probe") { done.set() }
      done.wait(milliseconds: 5_000)
      return done.isSet ? 0 : ETIMEDOUT
    } catch {
      return error.code
    }
  }

  /// What a broken assumption does; not a signal that is sent.
  private static func crash() -> CInt { fatalError("as asked") }
}
