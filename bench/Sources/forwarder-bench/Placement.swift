import Foundation

/// Which cores the programs of a run may use.
///
/// Where the app and the forwarder share a core by chance, a run says more of the scheduler than of either.
struct Placement: Codable, CustomStringConvertible {
  /// Of the sender, nginx, or the app's end of a bulk connection.
  let app: String?
  /// Of a forwarder with one thread.
  let forwarder: String?
  /// Of one with two.
  let workers: String?
  /// Of the client, or the peer's end of a bulk connection.
  let peer: String?
  let description: String

  /// The app on core 0, the forwarder on core 1, the peer on all; nothing is pinned where there is one core only.
  static func pinned() -> Placement {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    guard cores > 1 else { return floating }
    let all = "0-\(cores - 1)"
    return Placement(
      app: "0", forwarder: "1", workers: "0,1", peer: all,
      description: "the app (sender, nginx with one worker) on core 0, the forwarder on core 1 (two workers: 0 and 1), "
        + "the peer (client) on cores \(all)")
  }

  /// Everything where the scheduler puts it.
  static let floating = Placement(
    app: nil, forwarder: nil, workers: nil, peer: nil, description: "nothing pinned, nginx with two workers")
}
