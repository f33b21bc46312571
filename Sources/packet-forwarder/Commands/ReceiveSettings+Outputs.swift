import ArgumentParser
import Receiver
import Glibc
import System

extension ReceiveSettings {
  /// Listens.
  ///
  /// - Throws: the exit code, which has been explained.
  func listen() throws -> MirrorReceiver {
    do throws(ReceiverError) {
      return try MirrorReceiver(listen: address, interface: interface, workers: workers, receiveBuffer: bufferByteCount)
    } catch {
      if error.operation == .interface, let interface {
        throw OptionValue.invalid(
          "--interface", interface, reason: error.reason, "the name of an interface that is there")
      }
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot listen on \(address): \(error.reason)")
    }
  }

  /// Opens every output.
  ///
  /// - Throws: the exit code, which has been explained.
  func outputs(_ console: Console) throws -> [ReceiveOutput] {
    let isQuiet = isQuiet
    let say: @Sendable (String, ReceiveOutput.End) -> Void = { name, end in
      switch end {
      case .readerGone where isQuiet: break
      case .readerGone: Console.sayPlainly("the reader of \(name) has gone", console.log)
      case .failed(let error): Console.sayPlainly("cannot write \(name): \(error.reason)", console.log)
      }
    }
    var outputs: [ReceiveOutput] = []
    // What may not be permitted first: nothing is left behind by it.
    if let tap { outputs.append(try openTap(tap, say)) }
    if let file { outputs.append(try openFile(file, say)) }
    if printsLines {
      outputs.append(ReceiveOutput("standard output", SummaryPrinter(descriptor: STDOUT_FILENO), onEnd: say))
    }
    return outputs
  }

  private func openTap(
    _ name: String, _ say: @escaping @Sendable (String, ReceiveOutput.End) -> Void
  ) throws -> ReceiveOutput {
    do throws(ReceiverError) {
      return try ReceiveOutput(tap: name, workers: workers, onEnd: say)
    } catch {
      switch error.code {
      case EPERM, EACCES:
        throw ExitStatus.failure(
          ExitStatus.noPermission,
          """
          no permission to make the interface \(name): CAP_NET_ADMIN is missing. Run as root, or give a container NET_ADMIN \
          and the device /dev/net/tun
          """)
      case ENOENT, ENODEV, ENXIO:
        throw ExitStatus.failure(
          ExitStatus.inputOutput,
          "cannot make the interface \(name): there is no /dev/net/tun; load the module tun, or give the container the device"
        )
      default:
        throw ExitStatus.failure(ExitStatus.inputOutput, "cannot make the interface \(name): \(error.reason)")
      }
    }
  }

  private func openFile(
    _ path: String, _ say: @escaping @Sendable (String, ReceiveOutput.End) -> Void
  ) throws -> ReceiveOutput {
    if path == "-" { return ReceiveOutput("-", PcapngWriter(descriptor: STDOUT_FILENO), onEnd: say) }
    do throws(ReceiverError) {
      if let rotation { return ReceiveOutput(path, try RotatingFiles(path: path, rotation), onEnd: say) }
      return ReceiveOutput(path, try PcapngWriter(path: path), onEnd: say)
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot write \(path): \(error.reason)")
    }
  }
}
