package import System

/// What can be said of a filter before anything is captured.
package struct FilterReview: Equatable, Sendable {
  /// Where it is to match.
  package struct Place: Sendable {
    /// The host's own addresses.
    package var addresses: [SocketAddress]
    /// Whether packets between two other hosts may pass here: it is a router or a bridge, or its interfaces take what is
    /// for others.
    package var seesOthers: Bool
    /// Whether nothing but the loopback interface is captured on.
    package var isLoopback: Bool

    /// A place known by its parts.
    package init(addresses: [SocketAddress], seesOthers: Bool, isLoopback: Bool) {
      self.addresses = addresses
      self.seesOthers = seesOthers
      self.isLoopback = isLoopback
    }
  }

  /// Whether anything can match.
  package enum Outlook: Equatable, Sendable {
    /// Nothing speaks against it.
    case open
    /// Certainly not, for this reason.
    case nothing(String)
  }

  /// Instructions of the expression.
  package let expressionCount: Int
  /// Instructions of what the kernel runs: the expression and what is never mirrored.
  package let wholeCount: Int
  /// Instructions that the kernel takes.
  package static let maximumCount = BPFProgram.maximumCount
  /// Whether it can match anything here.
  package let outlook: Outlook

  /// Reviews the filter of `plan`. `isRaw`: all that is captured on has no Ethernet header.
  ///
  /// - Throws: `CaptureError.filter` if the expression does not compile; `.notPermitted` if only a live capture could tell.
  package static func of(
    _ plan: CapturePlan, in place: Place, isRaw: Bool
  ) throws(CaptureError) -> FilterReview {
    try plan.validateFilter()
    let programs = try FilterCompiler.compile(plan)
    let user = try FilterCompiler.expression(of: plan)
    var outlook = Outlook.open
    if isRaw {
      if programs.raw == nil {
        outlook = .nothing("it speaks of Ethernet, which the frames of this interface do not have")
      }
    } else {
      outlook = judge(user, in: place, excludesMetadata: !plan.exclusions.includesMetadata)
    }
    return FilterReview(
      expressionCount: user.instructions.count,
      wholeCount: programs.forPacketSocket(interfaces: []).instructions.count, outlook: outlook)
  }

  /// Whether a program for Ethernet can match anything.
  static func judge(_ program: BPFProgram, in place: Place, excludesMetadata: Bool) -> Outlook {
    if FilterPaths.accepts(program, where: { _ in true }) == false { return .nothing("no packet can be all of this") }
    // ARP tells of addresses too, and nobody means it by them.
    let isPossible = FilterPaths.accepts(program) { facts in
      !isARP(facts) && why(facts, in: place, excludesMetadata) == nil
    }
    guard isPossible == false else { return .open }
    var reason: String?
    _ = FilterPaths.accepts(program) { facts in
      reason = isARP(facts) ? nil : why(facts, in: place, excludesMetadata)
      return reason != nil
    }
    return reason.map(Outlook.nothing) ?? .open
  }

  private static func isARP(_ facts: FilterPaths.Facts) -> Bool {
    let type = facts.value(.whole(.half, 12))
    return type == 0x0806 || type == 0x8035
  }

  /// Why no packet of these facts can be seen here and mirrored; nil if one can.
  private static func why(_ facts: FilterPaths.Facts, in place: Place, _ excludesMetadata: Bool) -> String? {
    let (source, destination) = addresses(facts)
    let known = [source, destination].compactMap(\.self)
    if excludesMetadata, let endpoint = known.first(where: isMetadata) {
      return "\(endpoint.host) is an endpoint for credentials, which only MIRROR_METADATA=yes mirrors"
    }
    let others = known.filter { !isLocal($0, place) }
    if place.isLoopback, let other = others.first {
      return "\(other.host) is no address of this host, and the loopback interface carries nothing else"
    }
    if !place.seesOthers, others.count == 2 {
      return
        "neither \(others[0].host) nor \(others[1].host) is an address of this host, and what they say to each other "
        + "does not pass here"
    }
    return nil
  }

  /// Source and destination of the packets behind an Ethernet header, as far as they are known.
  private static func addresses(_ facts: FilterPaths.Facts) -> (SocketAddress?, SocketAddress?) {
    func address(_ start: UInt32, _ words: UInt32) -> SocketAddress? {
      var bytes: [UInt8] = []
      for word in 0..<words {
        guard let value = facts.value(.whole(.word, start + 4 * word)) else { return nil }
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
      }
      return SocketAddress(bytes: bytes, port: 0)
    }
    switch facts.value(.whole(.half, 12)) {
    case 0x0800: return (address(26, 1), address(30, 1))
    case 0x86DD: return (address(22, 4), address(38, 4))
    default: return (nil, nil)
    }
  }

  private static func isMetadata(_ address: SocketAddress) -> Bool {
    Exclusions.metadataEndpoints.contains { $0.bytes == address.bytes }
  }

  /// Of this host, or of many: what is sent to groups may be seen anywhere.
  private static func isLocal(_ address: SocketAddress, _ place: Place) -> Bool {
    let first = address.bytes[0]
    let isGroup = address.isIPv6 ? first == 0xFF : first >= 224 || address.bytes[3] == 255
    let isLoopback = address.isIPv6 ? address.host == "::1" : first == 127
    // The unspecified address is what a host without one has.
    let isNone = address.bytes.allSatisfy { $0 == 0 }
    return isGroup || isLoopback || isNone || place.addresses.contains { $0.bytes == address.bytes }
  }
}
