import System
import Telemetry

/// What the demo says in front of the frames and behind them.
enum DemoWords {
  /// What is seen, and how it came there.
  static func heading(_ status: ForwarderStatus, port: UInt16) -> String {
    let filter = status.filter.isEmpty ? "every frame" : "what \"\(status.filter)\" lets through"
    return """
      packet-forwarder \(status.version) demo: forwarder and collector in one process

        captured  on \(status.interface), \(filter), by the \(status.engine) engine; twice a second
                  there is an HTTP request, and a UDP query with its answer
        sent      in VXLAN to 127.0.0.1:\(port), and not captured again on the way
        shown     what comes out of the tunnel: seconds since the start, and whether
                  the checksums are good, which offload had left open
        end       Ctrl-C

      """
  }

  /// What it came to, and what to try next.
  static func summary(_ summary: DemoSession.Summary, hasColours: Bool) -> String {
    let (loud, quiet) = hasColours ? ("\u{1B}[1;\(summary.lost == 0 ? 32 : 31)m", "\u{1B}[0m") : ("", "")
    let cut = summary.datagrams == summary.mirrored ? "" : " as \(summary.datagrams) datagrams"
    let time = processorTime(summary).map { "; CPU \($0) us a frame, all included" } ?? ""
    return """

      \(loud)mirrored \(summary.mirrored) frames\(cut), delivered \(summary.delivered), lost \(summary.lost)\(quiet)\(time)
      to try next, on the collector and here:
        packet-forwarder receive
        packet-forwarder --destination COLLECTOR --filter 'tcp port 443'
      """
  }

  /// Microseconds for each mirrored frame, of traffic, forwarder and collector together; nil where there was none.
  private static func processorTime(_ summary: DemoSession.Summary) -> Int64? {
    summary.mirrored == 0 ? nil : max(1, summary.processorTime / Int64(summary.mirrored) / 1_000)
  }
}
