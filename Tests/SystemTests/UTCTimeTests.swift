import Foundation
import System
import TestSupport
import Testing

@Suite struct UTCTimeTests {
  /// Against Foundation's calendar, across leap years and the end of 32-bit time.
  @Test func datesAreRight() {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    var generator = SeededGenerator(seed: 31)
    let random = (0..<2000).map { _ in UInt64(generator.int(0...8_000_000_000_000)) }
    for milliseconds in [0, 951_782_400_000, 951_868_799_999, 4_107_542_400_000] + random {
      let expected = Date(timeIntervalSince1970: Double(milliseconds) / 1000 + 0.0001).formatted(style)
      #expect(UTCTime.rfc3339(milliseconds * 1_000_000) == expected)
    }
  }

  @Test func timesOfDayHaveMicroseconds() {
    #expect(UTCTime.timeOfDay(0) == "00:00:00.000000")
    #expect(UTCTime.timeOfDay(86_399_999_999_999) == "23:59:59.999999")
    #expect(UTCTime.timeOfDay(86_400_000_001_000) == "00:00:00.000001")
  }
}
