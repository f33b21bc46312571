import Foundation

/// One contender under one load, once.
struct Run: Codable {
  var load: Load
  var contender: Contender
  /// Counted from 0; the contenders take turns within one.
  var round: Int
  /// How long the load ran.
  var seconds: Double
  /// Packets, requests or KiB of the app: see `Load.unit`.
  var units: Double
  /// Frames on the traffic link, in both directions; a super-frame is one.
  var frames: UInt64
  /// Bytes behind the transport headers of those frames.
  var payloadBytes: Double
  /// Frames that the contender says it took; the frames on the link where it says nothing.
  var captured: UInt64
  /// Frames that the kernel dropped before the contender; nil where it does not say.
  var kernelDropped: UInt64?
  /// Datagrams that arrived at the collector.
  var delivered: UInt64
  /// Bytes behind the transport headers of the mirrored frames that arrived.
  var deliveredPayloadBytes: Double
  /// CPU time of the forwarder, in nanoseconds.
  var forwarderCPU: UInt64
  /// CPU time of all programs of the run (load, servers, forwarder) and the kernel's softirq threads.
  var systemCPU: UInt64
  /// CPU time of everything else that ran on the machine meanwhile, as a share of its CPUs.
  var foreignShare: Double
  /// Largest resident size of the forwarder; 0 where there is no process.
  var peakBytes: UInt64

  /// Nanoseconds of the forwarder for each frame it took.
  var forwarderPerFrame: Double { captured == 0 ? 0 : Double(forwarderCPU) / Double(captured) }

  /// Nanoseconds of the forwarder for each KiB of payload that arrived.
  var forwarderPerKiB: Double {
    deliveredPayloadBytes <= 0 ? 0 : Double(forwarderCPU) / (deliveredPayloadBytes / 1024)
  }

  /// Share of payload that did not arrive; a contender that sends something twice makes it negative.
  var loss: Double {
    if let accountedLoss { return accountedLoss }
    return payloadBytes <= 0 ? 0 : 1 - deliveredPayloadBytes / payloadBytes
  }

  /// Where the mirror shares the interface of the traffic, so that the counters there cannot tell them apart: the share
  /// of frames that the forwarder itself says it did not send.
  var accountedLoss: Double?

  /// Units of the app per second.
  var throughput: Double { seconds == 0 ? 0 : units / seconds }
}

extension Run {
  /// Measures one contender under a load whose servers run.
  static func measure(
    _ load: Load, _ contender: Contender, round: Int, seconds: Int, workload: Workload, tools: Tools,
    topology: Topology
  ) throws -> Run {
    let mirror = try Mirror(contender, tools: tools, topology: topology, load: load)
    let work: Work
    let before: Reading
    let after: Reading
    let peak: UInt64
    do {
      try topology.drain()
      before = try Reading(mirror, topology)
      work = try workload.execute(seconds: seconds)
      try topology.drain()
      after = try Reading(mirror, topology)
      peak = mirror.child.map { Proc.peakBytes(of: $0.pid) } ?? 0
    } catch {
      _ = try? mirror.stop()
      throw error
    }
    let report = try mirror.stop()

    let frames = after.frames - before.frames
    let arrived = after.arrivedFrames - before.arrivedFrames
    let system = after.system - before.system
    let foreign = Double(after.busy - before.busy) - Double(system)
    let capacity = Double(after.time - before.time) * Double(ProcessInfo.processInfo.activeProcessorCount)
    var run = Run(
      load: load, contender: contender, round: round, seconds: work.seconds, units: work.units,
      frames: frames,
      payloadBytes: Double(after.bytes - before.bytes) - Double(frames * load.innerHeaders),
      captured: report.captured ?? frames, kernelDropped: report.kernelDropped, delivered: arrived,
      deliveredPayloadBytes: Double(after.arrivedBytes - before.arrivedBytes)
        - Double(arrived * (load.innerHeaders + contender.overhead)),
      forwarderCPU: after.forwarder - before.forwarder, systemCPU: system,
      foreignShare: max(0, foreign / capacity), peakBytes: peak)
    if load.isOneNIC { run.separate(report) }
    return run
  }

  /// Replaces what the interface cannot tell, its own traffic and the mirror in one, by what the forwarder says.
  private mutating func separate(_ report: Mirror.Report) {
    (payloadBytes, deliveredPayloadBytes, delivered) = (0, 0, 0)
    guard let captured = report.captured, let forwarded = report.forwarded else { return }
    let offered = captured + (report.kernelDropped ?? 0)
    frames = offered
    accountedLoss = offered == 0 ? 0 : 1 - Double(forwarded) / Double(offered)
  }

  /// All counters at one moment.
  private struct Reading {
    let time: UInt64
    let forwarder: UInt64
    let system: UInt64
    let busy: UInt64
    let frames: UInt64
    let bytes: UInt64
    let arrivedFrames: UInt64
    let arrivedBytes: UInt64

    init(_ mirror: Mirror, _ topology: Topology) throws {
      time = Clock.now
      forwarder = mirror.cpu
      system = Children.cpu + Proc.softirqThreads.reduce(UInt64(0)) { $0 + Proc.cpu(of: $1) }
      busy = Proc.busy()
      let traffic = try topology.trafficCounters()
      frames = traffic.sentFrames + traffic.receivedFrames
      bytes = traffic.sentBytes + traffic.receivedBytes
      let arrived = try topology.collectorCounters()
      arrivedFrames = arrived.receivedFrames
      arrivedBytes = arrived.receivedBytes
    }
  }
}
