import Capture
import System
import TestSupport
import Testing
import Transport
import Wire

@testable import Mirror

/// A frame as an engine would hand it over.
struct TestFrame {
  var bytes: [UInt8]
  var link = LinkLayer.ethernet
  /// Bytes it had on the wire; nil: all are here.
  var wireByteCount: Int?
  var interfaceAddress: UInt64 = 0
  var offload = OffloadMetadata.unknown

  init(_ bytes: [UInt8], link: LinkLayer = .ethernet) {
    self.bytes = bytes
    self.link = link
  }
}

/// A pipeline to collectors on loopback.
final class Rig {
  let sinks: [UDPSink]
  let pipeline: Pipeline
  let mtu: Int?
  /// Bytes of outer headers: IPv4, UDP.
  static let overhead = 28

  init(
    collectors: Int = 1, mode: CollectorSet.Mode = .balance, lanes: Int = 4, sample: Int = 1, mtu: Int? = 1_500,
    vni: UInt32 = 0x12_3456, oversize: OversizePolicy = .segment, segment: SegmentPolicy = .mtu,
    checksum: ChecksumPolicy = .fill, limiter: FlowLimiter? = nil, quota: PacketQuota? = nil,
    flows: FlowRules = FlowRules()
  ) throws {
    self.mtu = mtu
    sinks = try (0..<collectors).map { _ in try UDPSink() }
    let paths = try sinks.map { sink in
      let address = try #require(SocketAddress(numeric: "127.0.0.1", port: sink.port))
      return try CollectorPath(to: address, sourcePortCount: lanes)
    }
    var policy = Policy(vni: vni, oversize: oversize, segment: segment, checksum: checksum, mtu: mtu)
    policy.flows = flows
    pipeline = Pipeline(policy: policy, sample: sample, limiter: limiter, quota: quota)
    try pipeline.followFlows()
    pipeline.setCollectors(CollectorSet(paths, mode: mode))
  }

  var counters: Counters { pipeline.snapshot }

  /// Sends the frames as one batch and returns what each collector got, without the tunnel header. Checks that header,
  /// that nothing exceeds the MTU, and that every frame is accounted for.
  ///
  /// Writable frames have room in front, as in the ring and in libpcap's slab; of others not a byte may change.
  @discardableResult
  func send(_ frames: [TestFrame], isWritable: Bool = true) throws -> [[[UInt8]]] {
    let before = counters
    try Rig.withBatch(frames, isWritable: isWritable) { pipeline.consume($0) }
    let now = counters
    try #require(now.isBalanced, "\(now)")
    try #require((now - before).capture.captured == UInt64(frames.count))
    var left = Int((now - before).send.sentDatagrams)
    var byteCount = 0
    var received: [[[UInt8]]] = []
    for (index, sink) in sinks.enumerated() {
      // Where there are several, nobody knows how many each is to get, so the end is when no more come.
      let datagrams = sink.receive(left, patience: index == sinks.count - 1 ? 3_000 : 300)
      left -= datagrams.count
      received.append(
        try datagrams.map { datagram in
          byteCount += datagram.bytes.count + Rig.overhead
          try #require(datagram.bytes.count >= 8)
          try #require(datagram.bytes.slice(0, 8) == hex("08000000 12345600"))
          if let mtu { try #require(datagram.bytes.count + Rig.overhead <= mtu) }
          return Array(datagram.bytes.dropFirst(8))
        })
    }
    try #require(left == 0, "datagrams were counted that did not arrive")
    try #require(byteCount == Int((now - before).send.sentBytes))
    return received
  }

  /// What the only collector got.
  func sendToOne(_ frames: [TestFrame], isWritable: Bool = true) throws -> [[UInt8]] {
    try #require(sinks.count == 1)
    return try send(frames, isWritable: isWritable)[0]
  }

  /// Calls `body` with a batch of the frames. Fails if bytes change that belong to nobody here.
  static func withBatch(_ frames: [TestFrame], isWritable: Bool, _ body: (borrowing FrameBatch) -> Void) throws {
    let headroom = 64
    let margin = 16
    var batch = FrameBatch()
    var buffers: [UnsafeMutableRawBufferPointer] = []
    for frame in frames {
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: margin + headroom + frame.bytes.count + margin, alignment: 8)
      buffer.initializeMemory(as: UInt8.self, repeating: 0xA5)
      UnsafeMutableRawBufferPointer(rebasing: buffer[(margin + headroom)...]).copyBytes(from: frame.bytes)
      buffers.append(buffer)
      batch.append(
        CapturedFrame(
          start: buffer.baseAddress! + margin + headroom, byteCount: frame.bytes.count,
          wireByteCount: frame.wireByteCount ?? frame.bytes.count, headroom: isWritable ? headroom : 0,
          link: frame.link, interfaceAddress: frame.interfaceAddress, offload: frame.offload))
    }
    body(batch)
    for (frame, buffer) in zip(frames, buffers) {
      let bytes = Array(buffer)
      buffer.deallocate()
      try #require(bytes.prefix(margin).allSatisfy { $0 == 0xA5 } && bytes.suffix(margin).allSatisfy { $0 == 0xA5 })
      if isWritable { continue }
      try #require(bytes.slice(margin + headroom, frame.bytes.count) == frame.bytes, "a read-only frame was changed")
      try #require(bytes.prefix(margin + headroom).allSatisfy { $0 == 0xA5 })
    }
  }
}
