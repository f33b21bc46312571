import CLinux
import Glibc

/// Owner of a signalfd(2): signals as something to poll for, so that nothing but the signal itself means "end".
package final class SignalDescriptor: Sendable {
  /// For poll(2): readable while a signal waits.
  package let descriptor: CInt

  /// Blocks `numbers` in the calling thread, and so in every thread that it starts from now on, and takes them here.
  ///
  /// - Throws: `SystemError` of `signalfd`: EMFILE, ENFILE, ENOMEM. The signals are then left as they were.
  package init(_ numbers: [CInt]) throws(SystemError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    descriptor = unsafe signalfd(-1, &set, CLinux_SFD_FLAGS)
    guard descriptor >= 0 else { throw .last("signalfd") }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  deinit {
    close(descriptor)
  }

  /// The next signal that waits; nil if none does. Does not block.
  package func next() -> CInt? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard unsafe read(descriptor, &info, size) == size else { return nil }
    return CInt(bitPattern: info.ssi_signo)
  }

  /// Whether a signal waits; it stays for `next`.
  package var hasNext: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 0) > 0
  }
}
