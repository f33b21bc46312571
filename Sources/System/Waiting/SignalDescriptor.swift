import CLinux
import Glibc

/// Owner of a signalfd(2): signals as something to poll for, so that nothing but the signal itself means "end".
package final class SignalDescriptor: Sendable {
  private let owner: OwnedDescriptor

  /// For poll(2): readable while a signal waits.
  package var descriptor: CInt { owner.value }

  /// Blocks `numbers` in the calling thread, and so in every thread that it starts from now on, and takes them here.
  ///
  /// - Throws: `SystemError` of `signalfd`: EMFILE, ENFILE, ENOMEM. The signals are then left as they were.
  package init(_ numbers: [CInt]) throws(SystemError) {
    let signals = SignalSet(numbers)
    var set = signals.value
    owner = try OwnedDescriptor("signalfd") { unsafe signalfd(-1, &set, CLinux_SFD_FLAGS) }
    signals.block()
  }

  /// The next signal that waits; nil if none does. Does not block.
  package func next() -> CInt? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard unsafe read(descriptor, &info, size) == size else { return nil }
    return CInt(bitPattern: info.ssi_signo)
  }

  /// Whether a signal waits; it stays for `next`.
  package var hasNext: Bool { Polling.isReady(.readable(descriptor), within: 0) }
}
