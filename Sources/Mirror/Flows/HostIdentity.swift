package import System

/// Which endpoints are this host's, and which of its ports it listens on: what tells a connection that it has accepted
/// from one that it has opened.
package final class HostIdentity: Sendable {
  private let addresses: [FlowKey.Endpoint]
  /// A bit for each port; nil: the system does not say.
  private let listening: [UInt64]?
  private let ephemeral: ClosedRange<UInt16>

  /// A host with these addresses, which listens on these TCP ports (nil: that is not known), and takes the ports of
  /// connections that it opens from `ephemeral`.
  package init(addresses: [SocketAddress], listening ports: Set<UInt16>?, ephemeral: ClosedRange<UInt16>) {
    self.addresses = addresses.map { address in
      let words = address.bytes.reduce((UInt64(0), UInt64(0))) { words, byte in
        (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte))
      }
      return FlowKey.Endpoint(high: words.0, low: words.1, port: 0)
    }
    listening = ports.map { ports in
      var bits = [UInt64](repeating: 0, count: 1_024)
      for port in ports { bits[Int(port) / 64] |= 1 << (UInt64(port) % 64) }
      return bits
    }
    self.ephemeral = ephemeral
  }

  /// Whether a connection is mirrored: what is between others, what this host has with itself, and what cannot be told
  /// is in any case.
  func isMirrored(_ key: FlowKey, opener: FlowEntry.Opener, _ side: ConnectionSide) -> Bool {
    let (lower, upper) = (isOwn(key.lower), isOwn(key.upper))
    guard side != .all, lower != upper else { return true }
    let own = lower ? key.lower : key.upper
    guard let isOpener = opener == .unknown ? hasOpened(own) : (opener == .lower) == lower else { return true }
    return isOpener == (side == .opened)
  }

  private func isOwn(_ endpoint: FlowKey.Endpoint) -> Bool {
    for index in addresses.indices where addresses[index].low == endpoint.low && addresses[index].high == endpoint.high
    {
      return true
    }
    return false
  }

  /// Whether a connection under way was opened from this endpoint of ours; nil where that cannot be told. A server that has
  /// closed its socket and still serves has a port that is not one of these.
  private func hasOpened(_ own: FlowKey.Endpoint) -> Bool? {
    guard let listening else { return nil }
    if listening[Int(own.port) / 64] & 1 << (UInt64(own.port) % 64) != 0 { return false }
    return ephemeral.contains(own.port) ? true : nil
  }
}
