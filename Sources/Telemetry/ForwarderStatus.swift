package import Mirror
package import Transport

/// The forwarder at one moment: all that statistics, log and whoever asks for its state show of it. Counters are those
/// since the start.
package struct ForwarderStatus: Sendable {
  /// A collector that was sent to since the start.
  package struct Collector: Sendable {
    /// What has become of the datagrams to it.
    package var report: CollectorReport
    /// Largest outer IP packet that the route carries; nil where nothing is sent to it at present.
    package var pathMTU: Int?
    /// UDP ports that datagrams to it leave from, such as `49152-49155`; nil where nothing is sent to it at present.
    package var sourcePorts: String?
    /// The entries of DESTINATION that it is an address of.
    package var names: [String] = []

    /// A collector with its account.
    package init(report: CollectorReport, pathMTU: Int?) {
      self.report = report
      self.pathMTU = pathMTU
    }
  }

  /// Of the program.
  package var version: String
  /// Name of the machine or container.
  package var host: String
  /// The moment, in nanoseconds since 1970.
  package var time: Int64
  /// Milliseconds since the start.
  package var uptime: Int64
  /// INTERFACE.
  package var interface: String
  /// Capture engine in use.
  package var engine: String
  /// Largest outer IP packet in bytes now allowed; nil without a destination.
  package var mtu: Int?
  /// Share of all flows that is let in, 0 ... 1.
  package var flowShare = 1.0
  /// VXLAN network identifier of what is sent.
  package var vni: UInt32
  /// Whether frames are being captured, for each worker.
  package var areCapturing: [Bool]
  /// In the order of their addresses.
  package var collectors: [Collector]
  /// Of all workers together.
  package var counters: Counters

  /// The task that it runs in; nil where none is known.
  package var task: TaskMetadata?
  /// Number of the process.
  package var processID: Int32 = 0
  /// Why it does not do its work, in one line; nil while it is healthy.
  package var unhealthy: String?
  /// BPF_FILTER.
  package var filter = ""
  /// Instructions of the filter that the kernel runs; nil where nobody has asked.
  package var filterInstructions: Int?
  /// DESTINATION as it was given.
  package var destination = ""
  /// The capture threads.
  package var workers: [Worker] = []
  /// What is captured on.
  package var interfaces: [Interface] = []
  /// What is sent to, by name.
  package var destinations: [Destination] = []
  /// What the last second brought; nil in the first one.
  package var recent: Recent?
  /// Connections that the capture's filter keeps out because they are not worth mirroring; nil where no rule
  /// is on.
  package var kernelWithheldFlows: Int?
  /// Lines of output that nobody read.
  package var lostLines = LostLines()
  /// The flows that carry most, largest first; nil where nobody has asked.
  package var flows: [Flow]?

  /// A moment.
  package init(
    version: String, host: String, time: Int64, uptime: Int64, interface: String, engine: String, mtu: Int?,
    vni: UInt32, areCapturing: [Bool], collectors: [Collector], counters: Counters
  ) {
    self.version = version
    self.host = host
    self.time = time
    self.uptime = uptime
    self.interface = interface
    self.engine = engine
    self.mtu = mtu
    self.vni = vni
    self.areCapturing = areCapturing
    self.collectors = collectors
    self.counters = counters
  }

  /// `flowShare` in decimal, to the millionth.
  package var flowShareText: String { Self.decimal(flowShare) }

  /// Share of all bytes since the start that the flow rules withheld, in decimal, to the millionth: of those that were
  /// captured, and of those that the capture's filter kept out, as estimated.
  package var withheldShareText: String {
    let captured = counters.capture.capturedBytes &+ counters.capture.kernelWithheldBytes
    let withheld = counters.withheldBytes &+ counters.capture.kernelWithheldBytes
    return Self.decimal(captured == 0 ? 0 : Double(withheld) / Double(captured))
  }

  private static func decimal(_ share: Double) -> String {
    let millionths = Int((min(max(share, 0), 1) * 1_000_000).rounded())
    var fraction = String(1_000_000 + millionths % 1_000_000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(millionths / 1_000_000)" + (fraction.isEmpty ? "" : ".\(fraction)")
  }

  /// What has become of the datagrams to each collector.
  package var reports: [CollectorReport] { collectors.map(\.report) }
}
