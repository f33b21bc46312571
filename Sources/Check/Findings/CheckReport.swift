import System
import Telemetry

/// Everything that was found, and what follows from it.
public struct CheckReport: Sendable {
  /// How it is written.
  public enum Format: String, CaseIterable, Sendable {
    /// Lines for people, each as soon as it is known.
    case text
    /// One object, at the end.
    case json
  }

  /// In the order of a frame's way.
  public private(set) var findings: [Finding] = []

  /// Without findings.
  public init() {}

  /// Adds one more.
  public mutating func append(_ finding: Finding) { findings.append(finding) }

  /// What to see to first: of the causes that keep the mirror from working the first, else the first of the others; nil
  /// if all is fine.
  public var first: Finding? {
    findings.first { $0.cause?.isFatal == true } ?? findings.first { $0.cause != nil }
  }

  /// 0 if all is fine, else the first cause's.
  public var exitCode: Int32 { first?.cause?.exitCode ?? 0 }

  /// The whole report as a JSON object on one line.
  public var json: String {
    let members: [JSONValue.Member] = [
      ("fine", .flag(first == nil)),
      ("exit_code", .number(UInt64(exitCode))),
      ("first_cause", first?.cause.map { .string($0.rawValue) } ?? .null),
      ("findings", .array(findings.map(\.json))),
      ("version", .string(Version.current)),
    ]
    return JSONValue.object(members).text()
  }
}

extension Finding {
  fileprivate var json: JSONValue {
    .object([
      ("subject", .string(subject)),
      ("verdict", .string(verdictName)),
      ("cause", cause.map { .string($0.rawValue) } ?? .null),
      ("text", .string(text)),
      ("remedy", remedy.map { .string($0) } ?? .null),
    ])
  }

  /// `fine`, `note`, `warning` for a cause that lets the mirror work, `wrong` for one that does not.
  var verdictName: String {
    switch verdict {
    case .fine: "fine"
    case .note: "note"
    case .cause(let cause): cause.isFatal ? "wrong" : "warning"
    }
  }
}
