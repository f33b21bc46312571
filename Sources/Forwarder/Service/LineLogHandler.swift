public import Logging
package import System
import Telemetry

/// swift-log's lines in the form that its own handler for streams gives them, or as JSON, through an output that nobody waits for.
public struct LineLogHandler: LogHandler {
  /// Least severe messages shown.
  public var logLevel = Logger.Level.info
  /// In front of every message.
  public var metadata = Logger.Metadata()
  /// Where more of it comes from.
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let output: LineOutput
  private let format: LogFormat

  /// Lines of the logger called `label`.
  package init(label: String, format: LogFormat = .text, output: LineOutput) {
    self.label = label
    self.format = format
    self.output = output
  }

  /// One value of the metadata.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Queues one line: time, level, label, metadata, module, message.
  public func log(event: LogEvent) {
    var details = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
    details.merge(event.metadata ?? [:]) { $1 }
    if let error = event.error { details["error.message"] = "\(error)" }
    if format == .json { return output.write(json(event, details)) }
    let pairs = details.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let line = "\(WallClock.localTimestamp) \(event.level) \(label):\(pairs) [\(event.source)] \(event.message)"
    // Names from outside may hold anything; a message is one line.
    output.write(line.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  private func json(_ event: LogEvent, _ details: Logger.Metadata) -> String {
    var members: [JSONValue.Member] = [
      ("time", .string(UTCTime.rfc3339(UInt64(clamping: WallClock.nanosecondsSince1970)))),
      ("level", .string(event.level.rawValue)), ("logger", .string(label)), ("source", .string(event.source)),
      ("message", .string("\(event.message)")),
    ]
    if !details.isEmpty {
      let pairs = details.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string("\($0.value)")) }
      members.append(("metadata", .object(pairs)))
    }
    return JSONValue.object(members).text()
  }
}
