import CLinux
import Glibc

/// Runs work that blocks on a thread of its own, never on Swift's shared pool.
package enum BackgroundThread {
  private final class Start {
    let name: String
    let body: () -> Void

    init(name: String, body: @escaping () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts `body` on a new detached thread named `name` (at most 15 bytes), which takes the caller's signal mask.
  ///
  /// - Throws: `SystemError` of `pthread_create`: EAGAIN where the system or RLIMIT_NPROC allows no more threads.
  package static func run(name: String, _ body: @escaping () -> Void) throws(SystemError) {
    var thread = pthread_t()
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        _ = unsafe CLinux_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      unsafe start.release()
      throw SystemError(operation: "pthread_create", code: status)
    }
    pthread_detach(thread)
  }
}
