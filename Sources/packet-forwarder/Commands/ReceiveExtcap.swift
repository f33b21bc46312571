import ArgumentParser
import Receiver
import System
import Wire

/// `receive` as a live interface of Wireshark's (extcap(4)): the program, linked into Wireshark's folder for extcap
/// programs, answers what Wireshark asks and writes what arrives into Wireshark's pipe.
struct ReceiveExtcap: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extcap", abstract: "Answer Wireshark, as one of its extcap programs.", shouldDisplay: false)

  /// The interface's name, which Wireshark knows it by.
  private static let interface = "packet-forwarder"

  @Flag var extcapInterfaces = false
  @Flag var extcapDlts = false
  @Flag var extcapConfig = false
  @Flag var capture = false
  @Option(parsing: .unconditional) var extcapVersion: String?
  @Option(parsing: .unconditional) var extcapInterface: String?
  @Option(parsing: .unconditional) var extcapCaptureFilter: String?
  @Option(parsing: .unconditional) var fifo: String?
  @Option(parsing: .unconditional) var listen: String?
  @Option(parsing: .unconditional) var vni: String?
  @Option(parsing: .unconditional) var from: String?

  /// The arguments of the program: Wireshark calls it without a command.
  static func arguments(_ given: [String]) -> [String] {
    given.contains { $0.hasPrefix("--extcap-") } && given.first?.hasPrefix("--") == true
      ? [configuration.commandName ?? ""] + given : given
  }

  func run() throws {
    if extcapInterfaces {
      Swift.print("extcap {version=\(Version.current)}{display=packet-forwarder}")
      Swift.print("interface {value=\(Self.interface)}{display=Mirrored traffic (VXLAN over UDP)}")
      return
    }
    guard extcapInterface == Self.interface else {
      throw OptionValue.invalid("--extcap-interface", extcapInterface ?? "", Self.interface)
    }
    if extcapDlts {
      Swift.print("dlt {number=1}{name=EN10MB}{display=Ethernet}")
    } else if extcapConfig {
      for line in Self.arguments { Swift.print(line) }
    } else if capture {
      try receive()
    } else if let extcapCaptureFilter {
      // Wireshark asks whether it is one: what is printed is why not.
      do throws(InnerFilter.Failure) {
        _ = try InnerFilter(extcapCaptureFilter)
      } catch {
        Swift.print(error.message)
      }
    }
  }

  /// What can be set in Wireshark's dialogue.
  private static let arguments = [
    "arg {number=0}{call=--listen}{display=Listen on}{type=string}{default=\(Tunnel.port)}"
      + "{tooltip=PORT, HOST:PORT or [IPv6]:PORT}",
    "arg {number=1}{call=--vni}{display=Only this VNI}{type=string}{tooltip=0 ... \(VXLANHeader.maximumVNI)}",
    "arg {number=2}{call=--from}{display=Only from this forwarder}{type=string}{tooltip=IPv4 or IPv6 address}",
  ]

  private func receive() throws {
    guard let fifo else {
      throw ExitStatus.failure(ExitStatus.usage, "--capture has no --fifo beside it, which says where to write")
    }
    // Wireshark shows whatever is on standard error as a failure.
    var options = ["--write", fifo, "--stat-duration", "0", "--quiet"]
    for (flag, value) in [("--listen", listen), ("--vni", vni), ("--from", from), ("--filter", extcapCaptureFilter)] {
      if let value, !value.isEmpty { options += [flag, value] }
    }
    try ReceiveCommand.parse(options).run()
  }
}
