public import System

/// Looks up destinations. Blocks, so it has a thread of its own.
public enum Resolver {
  /// Why a name has no address.
  public struct Failure: Error, Equatable, Sendable {
    /// The name.
    public let host: String
    /// The resolver's text.
    public let reason: String

    /// The failure to look up `host`.
    package init(host: String, reason: String) {
      self.host = host
      self.reason = reason
    }
  }

  /// The addresses of `destination`, in ascending order. Of a name with addresses of both families only those of the
  /// preferred one (RFC 6724) are used: they are most likely the same hosts.
  public static func addresses(of destination: Destination) throws(Failure) -> [SocketAddress] {
    if let numeric = destination.numericAddress { return [numeric] }
    do throws(NameLookup.Failure) {
      let found = try NameLookup.addresses(of: destination.host, port: destination.port, onlyReachable: true)
      return Set(found.filter { $0.isIPv6 == found[0].isIPv6 }).sorted()
    } catch {
      throw Failure(host: destination.host, reason: error.reason)
    }
  }
}
