import Glibc
import Testing

@testable import System

@Suite struct SyscallTests {
  /// A system call that fails with these errno values, one after the other, and then returns 7.
  private struct Scripted {
    var failures: [CInt]
    var calls = 0

    mutating func call() -> CInt {
      calls += 1
      guard !failures.isEmpty else { return 7 }
      errno = failures.removeFirst()
      return -1
    }
  }

  @Test func anInterruptedCallIsMadeAgain() throws {
    var call = Scripted(failures: [EINTR, EINTR])
    #expect(try Syscall.perform("read") { call.call() } == 7)
    #expect(call.calls == 3)
  }

  @Test func anErrorHasTheOperationAndItsNumber() {
    var call = Scripted(failures: [EINTR, EIO])
    let error = #expect(throws: SystemError.self) { try Syscall.perform("read") { call.call() } }
    #expect(error == SystemError(operation: "read", code: EIO))
    #expect(error.map { "\($0)" } == "read: Input/output error")
  }

  @Test func wouldBlockIsAValue() throws {
    var call = Scripted(failures: [EAGAIN])
    #expect(try Syscall.performNow("read") { call.call() } == nil)
    #expect(try Syscall.performNow("read") { call.call() } == 7)
    var failing = Scripted(failures: [EPIPE])
    #expect(throws: SystemError.self) { try Syscall.performNow("write") { failing.call() } }
  }

  /// The other end of a connection says so.
  @Test func aDescriptorIsClosedWithItsLastOwner() throws {
    var ends: [CInt] = [0, 0]
    try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    let reading = OwnedDescriptor(ends[0])
    var owners = [OwnedDescriptor(ends[1])]
    owners.append(owners[0])
    owners.removeFirst()
    #expect(!Polling.isReady(.readable(reading.value), within: 0))
    owners.removeAll()
    #expect(Polling.isReady(.readable(reading.value), within: 10_000))
  }

  @Test func whatCannotBeOpenedHasNoOwner() {
    #expect(throws: SystemError(operation: "open(x)", code: ENOENT)) {
      try OwnedDescriptor("open(x)") { open("/no/such/file", O_RDONLY) }
    }
  }

  @Test func wholeFilesAreRead() throws {
    let release = try FileContents.read("/proc/sys/kernel/osrelease")
    #expect(KernelVersion(String(decoding: release, as: UTF8.self)) == KernelVersion.running)
    #expect(throws: SystemError(operation: "open(/no/such/file)", code: ENOENT)) {
      try FileContents.read("/no/such/file")
    }
  }
}
