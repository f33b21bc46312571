import CLinux
import Glibc

/// Runs work that blocks on a thread of its own, never on Swift's shared pool.
enum BackgroundThread {
  private final class Start {
    let name: String
    let body: () -> Void

    init(name: String, body: @escaping () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts `body` on a new detached thread named `name` (at most 15 bytes). Traps if the system has no thread left,
  /// at start-up.
  static func run(name: String, _ body: @escaping () -> Void) {
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        _ = unsafe CLinux_name_thread(start.name)
        start.body()
        return nil
      }, argument)
    precondition(status == 0, "pthread_create: no thread left")
    pthread_detach(thread)
  }
}
