import Testing

@testable import Capture
@testable import System

/// What is said and counted of interfaces that change, and when capturing begins again.
@Suite struct InterfaceWatchTests {
  /// A watch with what it reported and began to capture on.
  private struct Observed {
    var watch: InterfaceWatch
    var events: [InterfaceEvent] = []
    var begun: [Int32] = []
    var failure: CaptureError?

    init(_ names: [String]) { watch = InterfaceWatch(names) }

    mutating func update(_ present: [NetworkInterface], wentDown: Set<Int32> = [], at now: Int64) {
      let failure = failure
      var (events, begun) = ([InterfaceEvent](), [Int32]())
      watch.update(
        present, wentDown: wentDown, now: now,
        capture: { (interface, _) throws(CaptureError) in
          if let failure { throw failure }
          begun.append(interface.index)
        }, report: { events.append($0) })
      self.events = events
      self.begun = begun
    }
  }

  private func link(_ name: String, _ index: Int32, isUp: Bool = true) -> NetworkInterface {
    NetworkInterface(
      NetworkLink(name: name, index: index, hardwareType: 1, address: 2, isUp: isUp, mtu: 1_500))
  }

  private let lo = NetworkInterface(
    NetworkLink(name: "lo", index: 1, hardwareType: 772, address: 0, isUp: true, mtu: 65_536))

  @Test func downAndUp() {
    var seen = Observed(["eth0"])
    seen.update([lo, link("eth0", 2)], at: 1_000)
    #expect(seen.events == [.capturing(name: "eth0", linkType: "EN10MB")] && seen.begun == [2])
    seen.update([lo, link("eth0", 2, isUp: false)], at: 5_000)
    #expect(seen.events == [.lost(name: "eth0", reason: "it is down")] && seen.watch.hasLost)
    #expect(seen.watch.blindMilliseconds(at: 5_004) == 4)
    seen.update([lo, link("eth0", 2, isUp: false)], at: 5_005)
    #expect(seen.events.isEmpty, "once per change")
    seen.update([lo, link("eth0", 2)], at: 5_007)
    #expect(seen.events == [.returned(name: "eth0", milliseconds: 7)] && seen.begun == [2] && !seen.watch.hasLost)
    seen.update([lo, link("eth0", 2)], at: 6_000)
    #expect(seen.events.isEmpty && seen.begun.isEmpty)
    #expect(seen.watch.blindMilliseconds(at: 9_000) == 7)
  }

  /// It was up again before anyone looked.
  @Test func aFlapThatNobodySaw() {
    var seen = Observed(["eth0"])
    seen.update([link("eth0", 2)], at: 0)
    seen.update([link("eth0", 2)], wentDown: [2, 9], at: 10)
    #expect(seen.events == [.lost(name: "eth0", reason: "it is down"), .returned(name: "eth0", milliseconds: 0)])
  }

  @Test func deletedAndMadeAgain() {
    var seen = Observed(["eth0"])
    seen.update([lo, link("eth0", 2)], at: 0)
    seen.update([lo], wentDown: [2], at: 100)
    #expect(seen.events == [.lost(name: "eth0", reason: "it is gone")])
    seen.update([lo, link("eth0", 7, isUp: false)], at: 110)
    #expect(seen.begun.isEmpty)
    seen.update([lo, link("eth0", 7)], at: 130)
    #expect(seen.events == [.returned(name: "eth0", milliseconds: 30)] && seen.begun == [7])
    // Within one look.
    seen.update([lo, link("eth0", 8)], wentDown: [7], at: 140)
    #expect(seen.begun == [8] && seen.watch.indices == [8])
  }

  /// The interface is followed under its new name, until another gets the old one.
  @Test func aRenamedInterfaceIsFollowed() {
    var seen = Observed(["eth0"])
    seen.update([link("eth0", 2)], at: 0)
    seen.update([link("wan0", 2)], at: 10)
    #expect(seen.events == [.renamed(name: "eth0", to: "wan0")] && seen.begun.isEmpty)
    seen.update([link("wan0", 2)], at: 20)
    #expect(seen.events.isEmpty && !seen.watch.hasLost)
    seen.update([link("wan0", 2), link("eth0", 3)], at: 30)
    #expect(seen.begun == [3] && seen.watch.indices == [3])
    #expect(seen.watch.blindMilliseconds(at: 40) == 0)
  }

  /// What cannot be captured on is tried at every look, said once, and blind all the while.
  @Test func anInterfaceThatCannotBeCapturedOnIsTriedAgain() {
    var seen = Observed(["eth0"])
    seen.update([link("eth0", 2)], at: 0)
    seen.failure = .failed(operation: "bind", reason: "no memory")
    seen.update([link("eth0", 3)], at: 10)
    #expect(seen.events.last == .lost(name: "eth0", reason: "bind: no memory"))
    seen.update([link("eth0", 3)], at: 20)
    #expect(seen.events.isEmpty)
    seen.failure = nil
    seen.update([link("eth0", 3)], at: 60)
    #expect(seen.events == [.returned(name: "eth0", milliseconds: 50)])
  }

  /// What was never captured on is not missed.
  @Test func notThereYet() {
    var seen = Observed(["eth0", "eth1"])
    seen.update([link("eth0", 2)], at: 0)
    #expect(
      seen.events == [.capturing(name: "eth0", linkType: "EN10MB"), .lost(name: "eth1", reason: "it is gone")])
    #expect(seen.watch.blindMilliseconds(at: 5_000) == 0 && seen.watch.indices == [2])
    seen.update([link("eth0", 2), link("eth1", 5)], at: 6_000)
    #expect(seen.events == [.capturing(name: "eth1", linkType: "EN10MB")])
    #expect(seen.watch.indices == [2, 5])
  }
}

/// 32-bit counters of libpcap.
@Suite struct WrappingCounterTests {
  @Test func countersOf32BitsWrap() {
    var counter = WrappingCounter(10)
    counter.update(4_000_000_000)
    #expect(counter.total == 3_999_999_990)
    counter.update(5)
    #expect(counter.total == 1 << 32 - 5)
    counter.update(5)
    counter.update(.max)
    #expect(counter.total == 2 * (1 << 32) - 11)
  }
}
