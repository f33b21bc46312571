import Glibc
import Synchronization
import Testing

@testable import System

@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
  /// Waits for this long are for what must not happen.
  private let long = TimeLimit(milliseconds: 50_000)

  @Test func anEventStaysForEveryWaiter() throws {
    let event = try Event()
    #expect(!event.isSet && !event.wait(milliseconds: 0))
    event.set()
    event.set()
    for _ in 0..<3 { #expect(event.isSet && event.wait(milliseconds: -1)) }
  }

  @Test func aSignalIsTakenBack() throws {
    let event = try EventDescriptor()
    event.signal()
    #expect(event.wait(milliseconds: -1))
    event.clear()
    #expect(!event.wait(milliseconds: 0))
  }

  /// Each signal has the condition looked at, and only the one that it holds for ends the wait.
  @Test func aWaitEndsWhenTheConditionHolds() throws {
    let event = try EventDescriptor()
    let looks = try EventDescriptor()
    let count = Mutex(0)
    try BackgroundThread.run(name: "signals") {
      for number in 1...3 {
        // Not before the waiter has looked at what was there before.
        looks.wait(milliseconds: -1)
        looks.clear()
        count.withLock { $0 = number }
        event.signal()
      }
    }
    var seen: [Int] = []
    let holds = event.wait(long) {
      seen.append(count.withLock { $0 })
      looks.signal()
      return seen.last == 3
    }
    #expect(holds && seen == seen.sorted() && seen.first == 0)
    #expect(long.left > 0)
  }

  @Test func aWaitEndsWithItsLimit() throws {
    let event = try EventDescriptor()
    let start = MonotonicClock.milliseconds
    #expect(!event.wait(TimeLimit(milliseconds: 30)) { false })
    #expect(MonotonicClock.milliseconds - start >= 30)
    #expect(!event.wait(TimeLimit(milliseconds: 0)) { false })
    #expect(event.wait(TimeLimit(milliseconds: 0)) { true })
  }

  /// A stop that comes during the wait, and one that came before.
  @Test func aStopEndsAWaitAtOnce() throws {
    let (event, stop, waiting) = (try EventDescriptor(), try Event(), try Event())
    try BackgroundThread.run(name: "stop") {
      waiting.wait(milliseconds: -1)
      stop.set()
    }
    for _ in 0..<2 {
      let holds = event.wait(long, unless: [-1, stop.descriptor]) {
        waiting.set()
        return false
      }
      #expect(!holds)
    }
    #expect(long.left > 0)
  }

  @Test func timeLimitsEnd() {
    #expect(TimeLimit(milliseconds: -5).left == 0)
    #expect((1...1_000).contains(TimeLimit(milliseconds: 1_000).left))
    #expect(TimeLimit(by: .max / 2).left == .max)
  }

  /// Signals interrupt poll(2), and nothing but time or the descriptor ends the wait.
  @Test func signalsDoNotEndAWait() throws {
    let event = try EventDescriptor()
    let result = Mutex<Bool?>(nil)
    let thread = Mutex<pthread_t?>(nil)
    let done = try Event()
    signal(SIGURG) { _ in }
    try BackgroundThread.run(name: "waits") {
      thread.withLock { $0 = pthread_self() }
      let isReady = Polling.isReady(.readable(event.descriptor), within: 50_000)
      result.withLock { $0 = isReady }
      done.set()
    }
    while thread.withLock({ $0 }) == nil { sched_yield() }
    for _ in 0..<20 { thread.withLock { _ = pthread_kill($0!, SIGURG) } }
    #expect(result.withLock { $0 } == nil)
    event.signal()
    #expect(done.wait(milliseconds: 30_000))
    #expect(result.withLock { $0 } == true)
  }

  @Test func pollingTellsWhichIsReady() throws {
    let (one, other) = (try Event(), try Event())
    other.set()
    var entries: [pollfd] = [.readable(one.descriptor), .readable(other.descriptor), .readable(-1)]
    Polling.wait(&entries, milliseconds: -1)
    #expect(entries.map { $0.revents != 0 } == [false, true, false])
  }
}
