import Foundation

/// A second link between the application and its peer, on which frames overtake each other.
struct ReorderingLink {
  static let interface = "wire0"
  static let app = "203.0.113.1"
  static let peer = "203.0.113.2"

  init(_ testbed: Testbed) throws {
    _ = try testbed.startScript(
      "reordering_link.py", [Self.interface, "/proc/\(testbed.peer.processID)/ns/net"], in: testbed.app)
    for (namespace, address) in [(testbed.app, Self.app), (testbed.peer, Self.peer)] {
      try namespace.ip("address add \(address)/26 dev \(Self.interface)")
    }
  }
}

extension Testbed {
  /// Address of the collector on a link of the peer's own.
  static let collectorOfPeer = "203.0.113.66"

  /// Connects the peer and the collector by `mirror1`.
  func addPeerMirrorLink() throws {
    try peer.ip(
      """
      link add mirror1 mtu 9001 type veth peer name mirror1 netns \(collector.processID) mtu 9001
      address add 203.0.113.65/26 dev mirror1
      link set mirror1 up
      """)
    try collector.ip("address add \(Self.collectorOfPeer)/26 dev mirror1\nlink set mirror1 up")
    try peer.run(["ethtool", "-K", "mirror1", "tx-udp-segmentation", "off"])
    try eventually("the peer's mirror link") { try collector.hasCarrier("mirror1") }
  }
}
