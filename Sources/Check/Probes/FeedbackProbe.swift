import Forwarder

/// Whether another forwarder runs here.
enum FeedbackProbe {
  /// What is to be said of forwarders of this network namespace that send from these UDP ports.
  static func run(_ others: [ClosedRange<UInt16>]) -> [Finding] {
    guard !others.isEmpty else { return [.fine("other mirrors", "no other forwarder runs here")] }
    let ports = others.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    return [
      .cause(
        .secondForwarder, "other mirrors",
        "another forwarder runs here, and sends from UDP ports \(ports.joined(separator: ", ")): what both take is "
          + "mirrored twice")
    ]
  }
}
