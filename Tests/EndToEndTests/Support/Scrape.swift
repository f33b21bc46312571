import Foundation

/// What Prometheus' own client library reads from a forwarder or a receiver.
struct Scrape {
  /// By name and labels: `name{label="value"}`.
  let figures: [String: Double]

  /// Asks in both forms, from `namespace`.
  init(_ url: String, from namespace: NetworkNamespace, _ testbed: Testbed) throws {
    let output = try testbed.runScript("scrape.py", ["figures", url], in: namespace)
    figures = try JSONDecoder().decode([String: Double].self, from: Data(output.utf8))
  }

  /// All numbers of a name together, without the program's name in front.
  func sum(_ name: String) throws -> Int {
    let all = figures.filter { $0.key.hasPrefix("packet_forwarder_\(name){") }
    guard !all.isEmpty else { throw Failure("no \(name) in \(figures.keys.sorted())") }
    return Int(all.values.reduce(0, +))
  }

  /// Names without labels.
  var names: Set<String> { Set(figures.keys.map { String($0.prefix { $0 != "{" }) }) }
}

extension Testbed {
  /// Where the forwarder shows its figures to the peer.
  static let metrics = "http://\(Address.app):9749"
  static let metrics6 = "http://[\(Address.app6)]:9749"

  /// The answer to a request from the peer, with its status in front.
  func curl(_ url: String, _ options: [String] = []) throws -> String {
    try peer.run(["curl", "-sS", "--globoff", "--max-time", "10", "-w", "\\n%{http_code}"] + options + [url])
  }
}
