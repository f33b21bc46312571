import Glibc
import Mirror
import Testing

@testable import Telemetry

/// The forwarder as it is at a moment, second by second.
private final class Watched {
  var rules = HealthRules(HealthRules.Limits(statDuration: 2))
  var status: ForwarderStatus
  /// Milliseconds.
  var now: Int64 = 1_000_000

  /// One that has no trouble and no traffic.
  init() throws {
    status = Fixture.status(Counters(), try Fixture.collectors(0))
    status.collectors[0].pathMTU = 9_001
    status.workers = [.init(index: 0, isCapturing: true, turnAge: 10)]
    status.interfaces = [.init(name: "eth0", linkType: "EN10MB", state: "captured")]
  }

  /// Looks a second later.
  func look() -> [String] {
    now += 1_000
    return rules.troubles(status, now: now).map(\.description)
  }

  /// What so many looks, a second apart, have found; `change` comes before each.
  func looks(_ count: Int, _ change: (inout ForwarderStatus) -> Void = { _ in }) -> [[String]] {
    (0..<count).map { _ in
      change(&status)
      return look()
    }
  }
}

extension [[String]] {
  /// Whether no look has found anything.
  fileprivate var isQuiet: Bool { allSatisfy(\.isEmpty) }
}

/// Healthy until proven otherwise, and again as soon as that is over.
@Suite struct HealthRulesTests {
  @Test func noTrafficIsNoTrouble() throws {
    let watched = try Watched()
    #expect(watched.looks(100).isQuiet)
  }

  @Test func aThreadThatStandsStill() throws {
    let watched = try Watched()
    #expect(watched.looks(6).isQuiet)
    watched.status.workers[0].turnAge = 4_999
    #expect(watched.look() == [])
    watched.status.workers[0].turnAge = 7_300
    #expect(watched.look() == ["capture thread 0 has made no turn for 7 s"])
    watched.status.workers[0].turnAge = 3
    #expect(watched.look() == [])
    watched.status.workers[0].hasEnded = true
    #expect(watched.look() == ["capture thread 0 has ended"])
  }

  /// After SIGSTOP, or where the control group got no CPU, all have stood still, and nobody is to blame.
  @Test func whoeverWasStoppedHimselfDoesNotJudge() throws {
    let watched = try Watched()
    _ = watched.looks(10)
    watched.now += 60_000
    watched.status.workers[0].turnAge = 60_000
    #expect(watched.look() == [])
    #expect(watched.looks(4).isQuiet)
    #expect(watched.look() == ["capture thread 0 has made no turn for 60 s"], "it has had its time")
  }

  @Test func whatIsNotCaptured() throws {
    let watched = try Watched()
    watched.status.interfaces[0].trouble = "it is gone"
    #expect(watched.look() == ["interface eth0 is not captured: it is gone"])
    watched.status.interfaces[0].trouble = nil
    #expect(watched.look() == [])
    watched.status.workers = (0..<3).map { .init(index: $0, isCapturing: false, turnAge: 0) }
    for index in 0..<3 { watched.status.workers[index].captureFailure = "interface eth0 is down" }
    #expect(watched.look() == ["nothing is captured: interface eth0 is down"], "said once for all workers")
    watched.status.workers[0].captureFailure = nil
    #expect(watched.look().first == "nothing is captured: not open yet")
  }

  @Test func aFilterThatFailedClosed() throws {
    let watched = try Watched()
    watched.status.workers[0].filterFailure = "SO_ATTACH_FILTER: Cannot allocate memory"
    #expect(watched.look() == ["the capture filter takes nothing: SO_ATTACH_FILTER: Cannot allocate memory"])
    watched.status.workers[0].filterFailure = nil
    #expect(watched.look() == [])
  }

  @Test func noDestination() throws {
    let watched = try Watched()
    watched.status.collectors[0].pathMTU = nil
    #expect(watched.look() == ["no destination: not known yet"])
    watched.status.destinations = [
      .init(name: "a:4789", addresses: [], answerAge: nil, failure: "no answer"),
      .init(name: "b:4789", addresses: ["192.0.2.1:4789"], answerAge: 5, failure: "no route"),
    ]
    #expect(watched.look() == ["no destination: no answer; no route"])
    // One of two is enough, and the other is in the log.
    watched.status.collectors[0].pathMTU = 9_001
    #expect(watched.look() == [])
  }

  private func fail(_ status: inout ForwarderStatus) { status.counters.send.addDropped(5, code: EPERM) }
  private func send(_ status: inout ForwarderStatus) { status.counters.send.sentDatagrams += 1 }

  /// Three intervals of two seconds.
  @Test func everySendFails() throws {
    let watched = try Watched()
    _ = watched.looks(30)
    let found = watched.looks(10, fail)
    #expect(Array(found.prefix(6)).isQuiet)
    #expect(found[6] == ["every send has failed for 6 s: EPERM"])
    #expect(found[9] == ["every send has failed for 9 s: EPERM"])
    // Silence is no proof that it works again, a datagram is.
    #expect(watched.look() == ["every send has failed for 10 s: EPERM"])
    #expect(watched.looks(1, send) == [[]])
    #expect(watched.looks(5, fail).isQuiet, "and all begins anew")
  }

  @Test func someSendsWork() throws {
    let watched = try Watched()
    for _ in 0..<20 {
      #expect(watched.looks(3, fail).isQuiet)
      #expect(watched.looks(1, send) == [[]])
    }
    // Failures so rare that not one falls into each interval.
    for _ in 0..<2 {
      #expect(watched.looks(1, fail) == [[]])
      #expect(watched.looks(6).isQuiet)
    }
  }

  @Test func anIntervalIsNeverLong() {
    #expect(HealthRules.Limits(statDuration: 1).interval == 1_000)
    #expect(HealthRules.Limits(statDuration: 30).interval == 30_000)
    #expect(HealthRules.Limits(statDuration: 0).interval == 30_000)
    #expect(HealthRules.Limits(statDuration: 86_400).interval == 30_000)
  }
}
