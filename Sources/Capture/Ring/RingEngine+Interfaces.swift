import System

/// The interfaces that are captured on by name, as they come and go.
extension RingEngine {
  /// Looks at the interfaces that are captured on by name.
  func checkInterfaces(_ wentDown: Set<Int32>, _ consumer: any FrameConsumer) throws(CaptureError) {
    // An error of the query says nothing about any interface.
    if let present = try? NetworkInterface.present() {
      updateWatch(present, wentDown: wentDown, consumer)
      // Now rather than when it comes back: the new rings are made by then.
      if names.count == 1, watch.indices.isEmpty, sockets.isPair, isBound { try replaceRings(consumer) }
      if isMember, names.count == 1, let index = watch.indices.first, index != boundIndex {
        throw .interfaceDown(name: names[0])
      }
      if names.count > 1, filteredIndices != watch.indices { try attachFilter() }
    }
    let isWatched = monitor != nil && !watch.hasLost
    nextCheck = MonotonicClock.milliseconds + (isWatched ? 10_000 : 1_000)
  }

  /// Brings the watch up to date. `consumer` gets what other rings than those to come hold; nil at first.
  func updateWatch(
    _ present: [NetworkInterface], wentDown: Set<Int32>, _ consumer: (any FrameConsumer)? = nil
  ) {
    var watch = watch
    watch.update(
      present, wentDown: wentDown, now: MonotonicClock.milliseconds,
      capture: { (interface, _) throws(CaptureError) in try begin(interface, consumer) }, report: report)
    self.watch = watch
  }

  /// Captures on an interface that is up, for the first time or again.
  private func begin(_ interface: NetworkInterface, _ consumer: (any FrameConsumer)?) throws(CaptureError) {
    if names.count == 1 {
      guard interface.index != boundIndex else { return }
      // A new engine can join a new group.
      if isMember { throw .interfaceDown(name: interface.name) }
      try Self.checkLinkType(interface)
      if sockets.isPair, isBound, let consumer { try replaceRings(consumer) }
      isBound = true
      try makePromiscuous(interface)
      try sockets.begin(interfaceIndex: interface.index)
      boundIndex = interface.index
      try attachFilter()
    } else if !promiscuous.contains(interface.index) {
      try Self.checkLinkType(interface)
      try makePromiscuous(interface)
    }
  }

  /// The kernel forgets it when the interface is deleted.
  func makePromiscuous(_ interface: NetworkInterface) throws(CaptureError) {
    guard !promiscuous.contains(interface.index) else { return }
    try PacketSocket.addPromiscuous(sockets.hot, interfaceIndex: interface.index)
    promiscuous.insert(interface.index)
  }

  /// Those of `names` that are there and up.
  static func available(
    _ names: [String], _ present: [NetworkInterface]
  ) throws(CaptureError) -> [NetworkInterface] {
    var found: [NetworkInterface] = []
    var missing: CaptureError?
    for name in names {
      guard let interface = present.first(where: { $0.name == name }) else {
        missing = .noSuchInterface(name: name, existing: present.map(\.name))
        continue
      }
      guard interface.isUp else {
        missing = .interfaceDown(name: name)
        continue
      }
      try checkLinkType(interface)
      found.append(interface)
    }
    if found.isEmpty, let missing { throw missing }
    return found
  }

  /// libpcap knows what the hardware type's packets look like.
  private static func checkLinkType(_ interface: NetworkInterface) throws(CaptureError) {
    guard !interface.isEthernet else { return }
    let type = try PcapHandle.open(interface: interface.name, .forLookUp).linkType
    guard LinkTypes.layer(type) != nil else {
      throw .unsupportedLinkType(interface: interface.name, linkType: LinkTypes.name(type))
    }
  }
}
