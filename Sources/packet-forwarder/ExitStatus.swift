import ArgumentParser
import Capture
import Forwarder
import Glibc
import System

/// Exit codes of sysexits.h.
enum ExitStatus {
  /// The answer is no: not healthy, or nobody to ask.
  static let negative: Int32 = 1
  static let usage: Int32 = 64
  /// The input is nothing that the program knows.
  static let dataError: Int32 = 65
  /// There is no input.
  static let noInput: Int32 = 66
  /// The output cannot be made.
  static let cannotCreate: Int32 = 73
  static let inputOutput: Int32 = 74
  /// Ended as asked, but not all is said or done.
  static let temporaryFailure: Int32 = 75
  static let noPermission: Int32 = 77
  static let configuration: Int32 = 78

  /// All there are, for `--help` and the manual.
  static let meanings: [(code: Int32, meaning: String)] = [
    (0, "ended as asked: by SIGTERM or SIGINT, --for or --until-packets"),
    (negative, "healthcheck: not healthy; status: nobody answers"),
    (usage, "unknown flag or command"),
    (dataError, "inject: the text is no task definition, template or manifest; cost: nothing to tell in it"),
    (noInput, "inject, cost: a file cannot be read"),
    (68, "check only: a name in DESTINATION does not resolve"),
    (69, "check only: the collector cannot be reached, or refuses"),
    (70, "ended itself because of a system call that the sandbox does not allow"),
    (cannotCreate, "inject only: FILE cannot be replaced; it is as it was"),
    (inputOutput, "input or output error"),
    (temporaryFailure, "ended as asked, but something is missing; the log says what"),
    (noPermission, "no permission"),
    (configuration, "a setting makes no sense, or SANDBOX=require cannot be had"),
  ]

  /// Writes one line to standard error and makes the error that ends the program.
  static func failure(_ code: Int32, _ message: String) -> ExitCode {
    let line = "packet-forwarder: \(message.split(whereSeparator: \.isNewline).joined(separator: " "))"
    LineOutput.writeNow(line, to: STDERR_FILENO, within: 200)
    return ExitCode(code)
  }

  /// The end of the program for a value that makes no sense.
  static func failure(_ error: SettingsError) -> ExitCode { failure(configuration, error.description) }

  /// The end of the program for something that the system does not give.
  static func failure(_ error: SystemError) -> ExitCode {
    failure(inputOutput, "cannot start: \(error)")
  }

  /// The end of the program for a user it cannot become, or a sandbox that it cannot have.
  static func failure(_ error: Confinement.Failure, userName: String) -> ExitCode {
    switch error {
    case .user(let error):
      return failure(
        noPermission,
        "cannot become the user of \(userName): \(error); it takes a start as root, with CAP_SETUID and CAP_SETGID")
    case .sandbox(let error):
      return failure(
        configuration, "SANDBOX=require cannot be had here: \(error); auto takes what there is, off takes nothing")
    }
  }

  /// The end of the program for a capture that cannot work. The names are those that the settings were given under.
  static func failure(
    _ error: CaptureError, filterName: String, interfaceName: String, excludeName: String = "EXCLUDE"
  ) -> ExitCode {
    switch error {
    case .notPermitted:
      return failure(
        noPermission,
        """
        no permission to capture: CAP_NET_RAW is missing. Run as root, give the binary the capability (setcap \
        cap_net_raw+p), or keep NET_RAW among the container's capabilities (and without no-new-privileges for a \
        non-root user)
        """)
    case .filter(let expression, let message):
      return failure(
        SettingsError(
          name: filterName, value: expression, reason: message, takes: "a pcap-filter expression such as tcp port 443"))
    case .exclusion(let expression, let message):
      return failure(.filter(expression: expression, message: message), filterName: excludeName, interfaceName: "")
    case .noSuchInterface(let name, let existing):
      return failure(
        SettingsError(
          name: interfaceName, value: name,
          takes: "any, or of these, separated by commas: \(existing.joined(separator: ", "))"))
    case .unsupportedLinkType(let name, _), .interfaceDown(let name):
      return failure(
        SettingsError(
          name: interfaceName, value: name, reason: error.description,
          takes: "any, or interfaces that are up and whose frames can be sent as Ethernet"))
    case .unsupported, .failed:
      return failure(inputOutput, error.description)
    }
  }
}
