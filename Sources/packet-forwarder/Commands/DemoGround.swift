import ArgumentParser
import Capture
import Glibc
import Receiver
import System
import Telemetry

/// What the demo stands on: the loopback interface, an address and a port, a capture. Where one is missing, the end of the
/// program with a line that says which; `run` would wait for it, but whoever looks at a demo does not.
enum DemoGround {
  /// Looks at the loopback interface. Where the kernel does not say, the capture will.
  static func check() throws {
    guard let interfaces = try? NetworkInterface.present() else { return }
    guard let loopback = interfaces.first(where: { $0.name == "lo" }) else {
      throw ExitStatus.failure(ExitStatus.configuration, "there is no loopback interface lo, which the demo goes over")
    }
    guard loopback.isUp else {
      throw ExitStatus.failure(
        ExitStatus.configuration, "the loopback interface lo is down, which the demo goes over: ip link set lo up")
    }
  }

  /// A collector on loopback that listens, and has not started.
  static func receiver() throws -> MirrorReceiver {
    do throws(ReceiverError) {
      return try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    } catch {
      guard error.operation == .bind else {
        throw ExitStatus.failure(ExitStatus.inputOutput, "cannot open the collector: \(error)")
      }
      if error.code == EADDRNOTAVAIL {
        throw ExitStatus.failure(
          ExitStatus.configuration,
          "lo has no address 127.0.0.1, where the demo collects: ip address add 127.0.0.1/8 dev lo")
      }
      throw ExitStatus.failure(
        ExitStatus.inputOutput, "there is no UDP port on 127.0.0.1 to be had for the collector: \(error)")
    }
  }

  /// Whether frames are captured now that the service has started.
  static func check(_ status: ForwarderStatus, log: LineOutput) throws {
    guard !status.areCapturing.contains(true) else { return }
    _ = log.flush(by: MonotonicClock.milliseconds + 200)
    let reason = status.workers.lazy.compactMap(\.captureFailure).first ?? "the capture did not open"
    throw ExitStatus.failure(ExitStatus.inputOutput, "nothing is captured: \(reason)")
  }
}
