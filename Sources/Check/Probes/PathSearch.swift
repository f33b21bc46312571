/// Chooses the sizes of probes, so that a few of them tell what a path carries.
struct PathSearch {
  /// Outer packets, in bytes, that paths are known to carry: IPv6's least, tunnels, PPPoE, Ethernet, AWS's transit
  /// gateways and VPCs.
  private static let known = [
    576, 1_280, 1_400, 1_420, 1_436, 1_450, 1_460, 1_476, 1_480, 1_492, 1_500, 2_048, 4_000, 8_500, 8_951, 9_000, 9_001,
  ]
  /// Of these the ones that say most, where each answer counts: a Linux host answers some six datagrams a second that it
  /// has no use for (icmp_ratelimit).
  private static let telling = [8_500, 1_500, 1_400, 1_280]
  private static let tellingBelowEthernet = [1_480, 1_450, 1_400, 1_280]
  /// Probes of one round behind the known sizes.
  private static let perRound = 12
  /// An answer that is nearer than this, in bytes, is near enough.
  private static let precision = 8
  private static let maximumRounds = 6

  private var rounds = 0
  private var hasTriedKnown = false

  /// The sizes to try next, the largest first, so that what answers at a limited rate has answered these; none when
  /// enough is known.
  mutating func next(_ evidence: PathEvidence) -> [Int] {
    rounds += 1
    if rounds == 1 { return evidence.wanted > evidence.least ? [evidence.wanted, evidence.least] : [evidence.least] }
    guard rounds <= Self.maximumRounds, let lower = evidence.largestArrived, let upper = evidence.smallestLost else {
      return []
    }
    if let told = evidence.told?.mtu {
      if told == lower { return [] }
      if told > lower, told < upper { return [told] }
    }
    guard upper - lower > Self.precision else { return [] }
    defer { hasTriedKnown = true }
    guard evidence.isAnswered else {
      let sizes = upper > 1_500 ? Self.telling : Self.tellingBelowEthernet
      return hasTriedKnown ? [] : sizes.filter { $0 > lower && $0 < upper }
    }
    if !hasTriedKnown {
      let sizes = Self.known.filter { $0 > lower && $0 < upper }
      if !sizes.isEmpty { return sizes.reversed() }
    }
    let count = min(Self.perRound, upper - lower - 1)
    return (1...count).reversed().map { lower + (upper - lower) * $0 / (count + 1) }
  }
}
