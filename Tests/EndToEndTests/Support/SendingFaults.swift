/// What the rows about sending do to the network.
enum SendingFaults {
  /// Adds a second collector, 203.0.113.2, behind a link of 5 Mbit/s that queues whatever comes, so that it is the send
  /// buffers that are full and not the queue.
  static func addSlowCollector(_ testbed: Testbed) throws {
    try testbed.app.ip(
      """
      link add slow0 mtu 9001 type veth peer name slow0 netns \(testbed.collector.processID) mtu 9001
      address add 203.0.113.1/24 dev slow0
      link set slow0 up
      """)
    try testbed.collector.ip("address add 203.0.113.2/24 dev slow0\nlink set slow0 up")
    try testbed.app.run(["ethtool", "-K", "slow0", "tx-udp-segmentation", "off"])
    try testbed.app.run([
      "tc", "qdisc", "add", "dev", "slow0", "root", "tbf", "rate", "5mbit", "burst", "100kb", "limit", "1gb",
    ])
    try eventually("the slow link") { try testbed.collector.hasCarrier("slow0") }
  }
}
