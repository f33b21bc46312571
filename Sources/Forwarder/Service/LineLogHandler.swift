import Glibc
public import Logging
package import System

/// swift-log's lines in the form that its own handler for streams gives them, through an output that nobody waits for.
public struct LineLogHandler: LogHandler {
  /// Least severe messages shown.
  public var logLevel = Logger.Level.info
  /// In front of every message.
  public var metadata = Logger.Metadata()
  /// Where more of it comes from.
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let output: LineOutput

  /// Lines of the logger called `label`.
  package init(label: String, output: LineOutput) {
    self.label = label
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
    let pairs = details.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let line = "\(Self.timestamp()) \(event.level) \(label):\(pairs) [\(event.source)] \(event.message)"
    // Names from outside may hold anything; a message is one line.
    output.write(line.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  /// Local time with its offset, `2025-01-31T12:00:00+0000`.
  private static func timestamp() -> String {
    var now = time(nil)
    var local = unsafe tm()
    guard unsafe localtime_r(&now, &local) != nil else { return "-" }
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      let count = unsafe strftime(text.baseAddress!, text.count, "%Y-%m-%dT%H:%M:%S%z", &local)
      return unsafe String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
