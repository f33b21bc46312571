import ArgumentParser
import Receiver
import Glibc
import System
import Telemetry
import Wire

/// The collector's side: takes VXLAN datagrams and hands the frames inside to whoever wants them.
struct ReceiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive",
    abstract: "Receive mirrored frames: print, write, count them, or let them arrive at an interface.",
    discussion: """
      Without --write, --tap and --count-only it prints a line for each frame. Several outputs work at once: one that fails is \
      told of once, and the others go on. Statistics go to standard output, or to standard error if frames are written to \
      standard output.

        packet-forwarder receive --write - | tshark -r -
        packet-forwarder receive --tap mirror0 --write mirror.pcapng --rotate-size 100MiB --files 10
      """)

  // Values are texts so that a bad one ends with our line and exit code 78, not as a usage error.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Where to listen: PORT, HOST:PORT or [IPv6]:PORT.", valueName: "address"))
  var listen = String(Tunnel.port)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Take only what comes in on this interface.", valueName: "name"), completion: .interfaces)
  var interface: String?

  @Option(
    parsing: .unconditional,
    help: "Threads that share the port by sender's address and port, so by flow; 0 is one for each core.")
  var workers = "1"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Receive buffer of each worker. Without CAP_NET_ADMIN the kernel gives net.core.rmem_max at most.",
      valueName: "size"))
  var bufferSize = "64MiB"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Write frames as pcapng to this file; - is standard output.", valueName: "file"),
    completion: .file())
  var write: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Begin a new file before one exceeds this size, such as 100MiB.", valueName: "size"))
  var rotateSize: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Begin a new file this long after the first frame of one.", valueName: "seconds"))
  var rotateSeconds: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keep so many files, the newest, those of earlier runs included.", valueName: "count"))
  var files: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Let frames arrive at a TAP interface of this name; needs CAP_NET_ADMIN.", valueName: "name"))
  var tap: String?

  @Flag(help: "Print a line for each frame beside other outputs.")
  var print = false

  @Flag(help: "Count frames and do nothing else with them.")
  var countOnly = false

  @Option(
    parsing: .unconditionalSingleValue,
    help: "Take only this VXLAN network identifier; may be given several times.")
  var vni: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Take only what this address sends; may be given several times.", valueName: "address"))
  var from: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Take only frames that match, a pcap-filter expression.", valueName: "expression"))
  var filter: String?

  @Option(parsing: .unconditional, help: "End after this many frames.")
  var count: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds between statistics; 0 is off.", valueName: "seconds"))
  var statDuration = "30"

  @Flag(help: "Say nothing on standard error but what fails.")
  var quiet = false

  @Option(
    parsing: .unconditional, help: "Statistics as text, json, or emf (CloudWatch's embedded metric format).",
    completion: .list(ReceiveReport.Format.allCases.map(\.rawValue)))
  var statFormat = "text"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where Prometheus may ask for figures, and load balancers for health: :9749, 127.0.0.1:9749, [::1]:9749.",
      valueName: "address"))
  var metrics: String?

  func run() throws {
    let settings = try ReceiveSettings(self)
    // A name may take long to look up; until then signals end the program as they would any other.
    let receiver = try settings.listen()
    let listener = try settings.metrics.map { try ExitStatus.listen(on: $0, named: "--metrics") }
    let signals = try Signals([SIGTERM, SIGINT])
    let console = try Console()
    let outputs = try settings.outputs(console)
    do throws(ReceiverError) {
      try receiver.start(settings.plan, into: outputs)
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot start a thread: \(error.reason)")
    }
    if !quiet {
      Console.sayPlainly(
        "listening on \(ListenAddress(host: settings.address.host, port: receiver.port))", console.log)
    }
    let session = ReceiveSession(
      receiver: receiver, outputs: outputs, console: console, settings: settings, task: findTask(console))
    if let listener { try session.show(on: listener) }
    try session.run(signals)
  }

  /// Begins to ask what task this is, if there is anybody to ask.
  private func findTask(_ console: Console) -> TaskMetadataWatch? {
    let choice = TaskChoice.current
    if let trouble = choice.trouble { Console.sayPlainly(trouble, console.log) }
    guard let watch = choice.endpoint.map(TaskMetadataWatch.init), let end = try? Event() else { return nil }
    let isQuiet = quiet
    let beginning: Void? = try? watch.start(until: end) { outcome in
      switch outcome {
      case .success(let found): if !isQuiet { Console.sayPlainly(found.words, console.log) }
      case .failure(let reason): Console.sayPlainly("the task is not known: \(reason)", console.log)
      }
    }
    return beginning.map { watch }
  }
}
