import Forwarder
import System
import Transport

/// Whether the collectors' names have addresses.
enum NameProbe {
  /// The addresses of all destinations, each once, and what is to be said of the names. Names are looked up at the same
  /// time, until `limit`.
  static func run(
    _ destinations: [Destination], until limit: TimeLimit,
    resolve: @escaping PlacedResolver.Resolve = Resolver.addresses
  ) -> (addresses: [SocketAddress], findings: [Finding]) {
    let answers = Concurrently.map(destinations, until: limit) {
      destination -> Result<[SocketAddress], Resolver.Failure> in
      do throws(Resolver.Failure) {
        return .success(try resolve(destination))
      } catch {
        return .failure(error)
      }
    }
    var addresses: [SocketAddress] = []
    var findings: [Finding] = []
    for (destination, answer) in zip(destinations, answers) {
      switch answer {
      case .success(let found)?:
        for address in found where !addresses.contains(address) { addresses.append(address) }
        if destination.numericAddress == nil {
          let list = found.map(\.host).joined(separator: ", ")
          findings.append(.fine("name", "\(destination.host) is \(list)"))
        }
      case .failure(let failure)?:
        findings.append(.cause(.noSuchName, "name", "\(failure.host) has no address: \(failure.reason)"))
      case nil:
        findings.append(.cause(.noSuchName, "name", "\(destination.host): DNS does not answer in time"))
      }
    }
    if addresses.count > CollectorSet.maximumCount {
      let text = "\(addresses.count) addresses, of which the first \(CollectorSet.maximumCount) are used"
      findings.append(.note("name", text))
      addresses = Array(addresses.sorted().prefix(CollectorSet.maximumCount))
    }
    return (addresses, findings)
  }
}
