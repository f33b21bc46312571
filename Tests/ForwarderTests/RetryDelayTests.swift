import Testing

@testable import Forwarder

@Suite struct RetryDelayTests {
  @Test func doublesUpToTheInterval() {
    var delay = RetryDelay(interval: 30)
    #expect((0..<7).map { _ in delay.seconds(isComplete: false) } == [1, 2, 4, 8, 16, 30, 30])
    #expect(delay.seconds(isComplete: true) == 30)
    #expect(delay.seconds(isComplete: false) == 1)
  }

  /// A name server that is away for days must not end the program.
  @Test(arguments: [1, 30, 86_400]) func lastsThroughAnyOutage(interval: Int) {
    var delay = RetryDelay(interval: interval)
    for _ in 0..<100_000 { #expect((1...Int64(interval)).contains(delay.seconds(isComplete: false))) }
  }
}
