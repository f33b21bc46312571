import Synchronization
package import System

/// What is known of the task, found out in the background: nobody waits for it.
package final class TaskMetadataWatch: Sendable {
  /// How finding out has ended.
  package typealias Outcome = Result<TaskMetadata, MetadataFailure>

  /// Milliseconds that one answer may take.
  private static let patience: Int64 = 1_000
  /// Milliseconds between tries; after the last of them it is left at that.
  private static let pauses: [CInt] = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000]

  private let endpoint: TaskEndpoint
  private let known = Mutex<TaskMetadata?>(nil)

  /// Nothing is asked yet.
  package init(_ endpoint: TaskEndpoint) { self.endpoint = endpoint }

  /// What is known now.
  package var current: TaskMetadata? { known.withLock { $0 } }

  /// Begins to ask, on a thread of its own, until there is an answer or `end` happens. `tell` is called at most once.
  ///
  /// - Throws: `SystemError` where no more threads may be had.
  package func start(until end: Event, tell: @escaping @Sendable (Outcome) -> Void) throws(SystemError) {
    try BackgroundThread.run(name: "task") { self.run(Self.pauses, end, tell) }
  }

  func run(_ pauses: [CInt], _ end: Event, _ tell: (Outcome) -> Void) {
    var left = pauses[...]
    while !end.isSet {
      do throws(MetadataFailure) {
        let found = try TaskMetadataClient.ask(endpoint, until: TimeLimit(milliseconds: Self.patience))
        known.withLock { $0 = found }
        return tell(.success(found))
      } catch {
        guard let pause = left.popFirst() else { return tell(.failure(error)) }
        end.wait(milliseconds: pause)
      }
    }
  }
}
