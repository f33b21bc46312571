import Mirror
import System
import Telemetry
import Testing

/// The live view, without a terminal.
private final class Watch {
  private var screen: WatchScreen

  init(hasColours: Bool = false, hasBlocks: Bool = true) {
    screen = WatchScreen(style: .init(hasColours: hasColours, hasBlocks: hasBlocks))
  }

  func take(_ answer: String) -> Bool { screen.take(answer) }

  func lines(columns: Int, rows: Int) -> [String] { screen.lines(Terminal.Size(columns: columns, rows: rows)) }
}

/// Rates, graphs, colours and edges.
@Suite struct WatchScreenTests {
  private func answer(_ second: Int, captured: UInt64, dropped: UInt64 = 0) throws -> String {
    var status = try Fixture.fullStatus()
    status.uptime = Int64(second) * 1_000
    status.counters = Counters()
    status.counters.capture.captured = captured
    status.counters.capture.droppedLoop = dropped
    return StatusAnswer.screen(status)
  }

  private func graph(_ label: String, _ screen: Watch, columns: Int = 100) throws -> String {
    let lines = screen.lines(columns: columns, rows: 60)
    return try #require(lines.first { $0.contains(label) && $0.contains("/s") }, "\(lines)")
  }

  @Test func ratesAreThoseOfTheTimeBetween() throws {
    let screen = Watch(hasColours: false, hasBlocks: true)
    for (second, captured) in [(1, 0), (2, 1_000), (4, 9_000), (5, 9_000)] as [(Int, UInt64)] {
      #expect(try screen.take(answer(second, captured: captured)))
    }
    let line = try graph("packets/s", screen)
    #expect(line.hasPrefix("captured                     0 packets/s"), "\(line)")
    // A quarter of the highest, the highest, and none.
    #expect(line.hasSuffix(" ▃█ "), "\(line)")
    #expect(try screen.take(answer(6, captured: 9_123)))
    #expect(try graph("packets/s", screen).hasPrefix("captured                   123 packets/s"))
    // Another forwarder with fewer counts is no negative rate.
    #expect(try screen.take(answer(7, captured: 5)))
    #expect(try graph("packets/s", screen).hasPrefix("captured                     0 packets/s"))
    #expect(!screen.take("nonsense"))
  }

  /// Two seconds of 10 and one of 5, in ASCII.
  @Test func withoutBlocksThereIsASCII() throws {
    let screen = Watch(hasColours: false, hasBlocks: false)
    for (second, captured) in [(1, 0), (2, 10), (3, 20), (4, 25)] as [(Int, UInt64)] {
      _ = screen.take(try answer(second, captured: captured))
    }
    let line = try graph("packets/s", screen)
    #expect(line.hasSuffix("##="), "\(line)")
    #expect(line.utf8.count == line.count)
  }

  @Test func dropsAreRedAndOnlyWhileTheyHappen() throws {
    let screen = Watch(hasColours: true, hasBlocks: true)
    _ = screen.take(try answer(1, captured: 100))
    _ = screen.take(try answer(2, captured: 100, dropped: 7))
    #expect(try graph("dropped ", screen).hasPrefix("\u{1B}[31mdropped "))
    _ = screen.take(try answer(3, captured: 100, dropped: 7))
    #expect(try graph("dropped ", screen).hasPrefix("dropped "))
  }

  /// However small the terminal, nothing is drawn past its edges; the verdict is there as long as there is room.
  @Test func everySizeFits() throws {
    let screen = Watch(hasColours: false, hasBlocks: true)
    for second in 1...600 { _ = screen.take(try answer(second, captured: UInt64(second * second))) }
    for columns in [1, 2, 11, 12, 13, 44, 45, 80, 300] {
      for rows in [1, 2, 5, 24, 100] {
        let lines = screen.lines(columns: columns, rows: rows)
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { $0.count <= columns }, "\(columns) x \(rows)")
      }
    }
    #expect(screen.lines(columns: 80, rows: 3).contains { $0.hasPrefix("healthy") })
  }

  @Test func theEnvironmentChoosesTheStyle() {
    let utf = ["LANG": "en_US.UTF-8", "TERM": "xterm"]
    #expect(WatchScreen.Style(environment: utf, isDrawn: true) == .init(hasColours: true, hasBlocks: true))
    #expect(WatchScreen.Style(environment: utf, isDrawn: false) == .init(hasColours: false, hasBlocks: true))
    let plain = ["LANG": "en_US.UTF-8", "LC_ALL": "C", "NO_COLOR": "1"]
    #expect(WatchScreen.Style(environment: plain, isDrawn: true) == .init(hasColours: false, hasBlocks: false))
    #expect(WatchScreen.Style(environment: ["LC_CTYPE": "C.utf8"], isDrawn: true).hasBlocks)
  }
}
