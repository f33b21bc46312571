import ArgumentParser
import Capture
import Collector
import Forwarder
import Glibc
import Logging
import Transport

/// `demo`: forwarder and collector in one process over loopback, with a little traffic to mirror.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Mirror loopback traffic to a collector in the same process, and show what arrives.",
    discussion: """
      Opens a collector on 127.0.0.1, mirrors the loopback interface to it, makes a small HTTP request and a UDP query twice \
      a second, and prints a line for each frame that arrives. Needs CAP_NET_RAW.
      """)

  @Option(parsing: .unconditional, help: "End after this many frames.")
  var count: Int?

  @Option(help: "pcap-filter(7) expression of what to mirror.")
  var filter = ""

  @Option(help: "Capture engine: auto, ring or libpcap.")
  var capture = CaptureChoice.auto.rawValue

  func validate() throws {
    if CaptureChoice(rawValue: capture) == nil {
      throw ValidationError("--capture takes auto, ring or libpcap, not \(capture)")
    }
    if let count, count < 1 { throw ValidationError("--count takes a number from 1 on, not \(count)") }
  }

  func run() throws {
    let choice = CaptureChoice(rawValue: capture) ?? .auto
    let signals = SignalSet.blocked()
    let receiver: ReceiverThread
    let port: UInt16
    do throws(CollectorError) {
      let loopback = Receiver(socket: try UDPReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0)))
      port = loopback.port
      let mainThread = pthread_self()
      receiver = try ReceiverThread(
        loopback, into: SummaryPrinter(descriptor: STDOUT_FILENO), limit: count.map { UInt64($0) },
        atEnd: { pthread_kill(mainThread, SIGUSR1) })
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot open the collector: \(error)")
    }

    var settings = Settings(destinations: [Destination(host: "127.0.0.1", port: port)])
    settings.interfaces = .named(["lo"])
    settings.filter = filter
    settings.capture = choice
    settings.statDuration = 0
    let service = try ForwarderService.make(settings, logger: Log.make(level: .info), output: StandardStream.error)
    do throws(CaptureError) {
      try service.start()
    } catch {
      throw ExitStatus.failure(error, filterName: "--filter", interfaceName: "interface")
    }
    let traffic = try SampleTraffic()
    traffic.start()
    signals.wait(onHangup: service.reload)
    Deadline.exit(after: 1_900, code: 0)
    traffic.stop()
    service.stop()
    receiver.stop()
    _ = receiver.join(milliseconds: 500)
  }
}
