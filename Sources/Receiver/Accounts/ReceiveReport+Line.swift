internal import System
internal import Telemetry

extension ReceiveReport.Line {
  var text: String {
    "\(UTCTime.second(UInt64(clamping: time))) received \(isFinal ? "in all " : "")in \(seconds) s: "
      + ReceiveMetrics.counters.words(of: counters, seconds: Double(nanoseconds) / 1_000_000_000) + senderWords
  }

  /// How many senders there were, or who the only one was.
  private var senderWords: String {
    switch senders.count {
    case 0: ""
    case 1: ", from \(senders[0].sender)"
    case let count: ", from \(count) senders"
    }
  }

  var json: String {
    let figures = ReceiveMetrics.line.members(of: self) + ReceiveMetrics.counters.members(of: counters)
    let senders = senders.map { JSONValue.object(ReceiveMetrics.senders.members(of: $0)) }
    return JSONValue.object(
      figures + [("total", .object(ReceiveMetrics.counters.members(of: total))), ("senders", .array(senders))]
    ).text()
  }

  /// As `json`, with the numbers of the interval as metrics. Of the senders the first: a line of log has its limit.
  var emf: String {
    var line = EmbeddedMetrics(
      namespace: "packet-forwarder-receive", time: time, service: ServiceName.of(task, host: host))
    line.add(ReceiveMetrics.counters, of: counters)
    line.add(ReceiveMetrics.line.members(of: self))
    let senders = ReceiveExposition.shown(senders).map { JSONValue.object(ReceiveMetrics.senders.members(of: $0)) }
    line.add([("version", .string(Version.current)), ("host", .string(host))] + (task?.members ?? []))
    line.add([("total", .object(ReceiveMetrics.counters.members(of: total))), ("senders", .array(senders))])
    return line.text
  }

  var utc: String { UTCTime.rfc3339(UInt64(clamping: time)) }

  /// With three decimals.
  var seconds: String {
    let milliseconds = nanoseconds / 1_000_000
    return "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
  }
}
