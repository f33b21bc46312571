import Glibc

/// A set of signals (signal(7)).
package struct SignalSet {
  /// As the system calls take it.
  private(set) var value = sigset_t()

  /// These.
  package init(_ numbers: [CInt]) {
    unsafe sigemptyset(&value)
    for number in numbers { unsafe sigaddset(&value, number) }
  }

  /// Lets them wait, in the calling thread and so in every thread that it starts from now on.
  package func block() { change(SIG_BLOCK) }

  /// Lets them come.
  package func unblock() { change(SIG_UNBLOCK) }

  private func change(_ how: CInt) {
    var value = value
    // Cannot fail: the pointer is good, and so is `how`.
    _ = unsafe pthread_sigmask(how, &value, nil)
  }
}
