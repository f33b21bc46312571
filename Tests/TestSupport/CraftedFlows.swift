/// Flows as somebody would choose them who knows the shared flow hash (Wire's `FlowHash`) and wants all to meet in it.
package enum CraftedFlows {
  /// IPv6 TCP segments of `count` flows with one shared hash: it folds the halves of an address to `mix(high) ^ low`, so
  /// for any upper half there is a lower half that makes the address count as another.
  package static func addresses(count: Int) -> [[UInt8]] {
    let addresses = Addresses.v6
    return (0..<count).map { number in
      let high: UInt64 = 0x2001_0DB8_0000_0000 | UInt64(number)
      let source = bigEndian(high) + bigEndian(mix(high) ^ 0x5EED)
      let crafted = Addresses(source, addresses.destination)
      return ipv6(crafted, 6, TCPBuilder().segment(crafted, [UInt8(truncatingIfNeeded: number)]))
    }
  }

  /// The finaliser of SplitMix64.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
