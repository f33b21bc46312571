import System
import Testing
import Wire

@testable import Mirror

@Suite struct HostIdentityTests {
  private let host = HostIdentity(
    addresses: [
      SocketAddress(bytes: [10, 0, 0, 1], port: 0), SocketAddress(bytes: [UInt8](repeating: 1, count: 16), port: 0),
    ],
    listening: [443], ephemeral: 32_768...60_999)
  private let own = FlowKey.Endpoint(low: 0x0A00_0001, port: 443)

  private func key(_ one: FlowKey.Endpoint, _ other: FlowKey.Endpoint) -> FlowKey {
    FlowKey(one, other, version: 4, upperProtocol: IPProtocol.tcp)
  }

  /// The SYN decides, whatever the ports say; a connection is accepted at one end and opened at the other.
  @Test func theOpenerDecides() {
    for other in [FlowKey.Endpoint(low: 1, port: 50_000), .init(low: 0xFFFF_0000, port: 443)] {
      let key = key(own, other)
      let isLower = own.isBelow(other)
      let (byUs, byThem): (FlowEntry.Opener, FlowEntry.Opener) = isLower ? (.lower, .upper) : (.upper, .lower)
      #expect(!host.isMirrored(key, opener: byUs, .accepted) && host.isMirrored(key, opener: byUs, .opened))
      #expect(host.isMirrored(key, opener: byThem, .accepted) && !host.isMirrored(key, opener: byThem, .opened))
      #expect(host.isMirrored(key, opener: byUs, .all) && host.isMirrored(key, opener: byThem, .all))
    }
  }

  @Test func connectionsUnderWay() {
    let peer = FlowKey.Endpoint(low: 99, port: 8_080)
    var client = own
    client.port = 40_000
    #expect(host.isMirrored(key(own, peer), opener: .unknown, .accepted))
    #expect(!host.isMirrored(key(own, peer), opener: .unknown, .opened))
    #expect(!host.isMirrored(key(client, peer), opener: .unknown, .accepted))
    #expect(host.isMirrored(key(client, peer), opener: .unknown, .opened))
    // A server that listens no more, or one whose system does not say.
    var former = own
    former.port = 8_443
    let unknown = HostIdentity(
      addresses: [SocketAddress(bytes: [10, 0, 0, 1], port: 0)], listening: nil, ephemeral: 32_768...60_999)
    for side in ConnectionSide.allCases {
      #expect(host.isMirrored(key(former, peer), opener: .unknown, side))
      #expect(unknown.isMirrored(key(client, peer), opener: .unknown, side))
    }
  }

  /// What passes by, and what stays here.
  @Test func whatHasNoSide() {
    let (one, other) = (FlowKey.Endpoint(low: 98, port: 1), FlowKey.Endpoint(low: 99, port: 2))
    var second = own
    second.port = 50_000
    for side in ConnectionSide.allCases {
      for opener in [FlowEntry.Opener.lower, .upper, .unknown] {
        #expect(host.isMirrored(key(one, other), opener: opener, side))
        #expect(host.isMirrored(key(own, second), opener: opener, side))
      }
    }
  }
}
