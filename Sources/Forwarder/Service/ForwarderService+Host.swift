import Mirror
import System

/// MIRROR: who this host is, which the workers cannot ask for themselves.
extension ForwarderService {
  /// Tells the workers which addresses this host has and which ports it listens on, at this moment. Where the system does
  /// not say, they go on with what they knew, or with nothing: then what cannot be told is mirrored.
  func identifyHost() {
    guard settings.side != .all, let addresses = try? LocalAddresses.all() else { return }
    let host = HostIdentity(
      addresses: addresses, listening: try? listeners?.ports(), ephemeral: TCPListeners.ephemeralPorts())
    for worker in workers { worker.pipeline.setHost(host) }
  }
}
