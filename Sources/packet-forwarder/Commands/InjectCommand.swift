import ArgumentParser
import Capture
import Glibc
import Inject
import Receiver
import System

/// `inject`: adds the forwarder to what an operator already runs.
struct InjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inject",
    abstract: "Add the forwarder as a sidecar to a task definition, template or manifest.",
    discussion: """
      Takes an ECS task definition (also as `aws ecs describe-task-definition` prints it), a CloudFormation template, or \
      Kubernetes manifests, and leaves every byte that it need not change. The same again changes nothing.
      """)

  @Option(parsing: .unconditional, help: "Image of the forwarder, as the registry has it.")
  var image: String

  @Option(parsing: .unconditional, help: "Collectors, the forwarder's DESTINATION.")
  var destination: String

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Another variable of the forwarder; several times for several.", valueName: "NAME=VALUE"))
  var assignments: [String] = []

  @Flag(help: "Replace FILE by the result, instead of writing that to standard output.")
  var write = false

  @Flag(help: "Show what would change, as a diff, and write nothing.")
  var dryRun = false

  @Flag(help: "ECS: the task ends when its mirror does. Kubernetes, with --wait: the application waits for its health.")
  var essential = false

  @Flag(help: "The application starts once the forwarder has; with --essential, once that is healthy.")
  var wait = false

  @Option(parsing: .unconditional, help: "Name of the container.")
  var name = "packet-forwarder"

  @Option(parsing: .unconditional, help: "CPU units of the container; 1024 are a core.")
  var cpu: String?

  @Option(parsing: .unconditional, help: "ECS: the container that is mirrored, if not the first that looks like it.")
  var app: String?

  @Option(parsing: .unconditional, help: "Of several task definitions or workloads, the one that is meant.")
  var resource: String?

  @Argument(help: ArgumentHelp("What to add it to; standard input without it.", valueName: "FILE"))
  var file: String?

  func validate() throws {
    if write, path == nil { throw ValidationError("--write takes a FILE to replace") }
    if write, dryRun { throw ValidationError("--write writes and --dry-run does not: choose one") }
  }

  func run() throws {
    let sidecar = try sidecar()
    let injection = try inject(sidecar)
    for note in injection.notes { Self.say(note) }
    if dryRun {
      let isColoured = isatty(STDOUT_FILENO) == 1 && ProcessEnvironment.variables["NO_COLOR", default: ""].isEmpty
      let difference = UnifiedDiff(injection.before, injection.after, before: title, after: title)
      try Self.print(Array(difference.text(isColoured: isColoured).utf8))
    } else if write, let path {
      guard injection.after != injection.before else { return }
      do throws(SystemError) {
        try FileReplacement.replace(path, with: injection.after)
      } catch {
        throw ExitStatus.failure(ExitStatus.cannotCreate, "\(path) was not written: \(error)")
      }
    } else {
      try Self.print(injection.after)
    }
  }

  private var path: String? { file == "-" ? nil : file }

  /// What is read, for people.
  private var title: String { path ?? "standard input" }

  private func sidecar() throws -> Sidecar {
    guard !image.isEmpty, !image.contains(where: \.isWhitespace) else {
      throw OptionValue.invalid(
        "--image", image, "an image's name, such as registry.example.com/packet-forwarder:1.0.0")
    }
    guard name.utf8.count <= 63, name.wholeMatch(of: #/[a-z0-9]([-a-z0-9]*[a-z0-9])?/#) != nil else {
      throw OptionValue.invalid("--name", name, "small letters, digits and hyphens, at most 63")
    }
    // What Fargate's largest task has.
    let units = try cpu.map { Int(try OptionValue.number($0, "--cpu", 1...16_384)) }
    do {
      var sidecar = Sidecar(image: image, settings: try SidecarSettings(destination: destination, assignments))
      sidecar.name = name
      sidecar.isEssential = essential
      sidecar.isWaitedFor = wait
      sidecar.application = app
      sidecar.resource = resource
      sidecar.cpuUnits = units
      for name in ["BPF_FILTER", "EXCLUDE"] { try Self.check(sidecar.settings.value(of: name) ?? "", name) }
      return sidecar
    } catch let refusal as SidecarSettings.Refusal {
      throw ExitStatus.failure(ExitStatus.configuration, refusal.description)
    }
  }

  /// Ends the program for a filter that is none anywhere. Whether it compiles where it runs, `check` says there.
  private static func check(_ expression: String, _ name: String) throws {
    do throws(InnerFilter.Failure) {
      _ = try InnerFilter(expression)
    } catch  where error.message.contains("syntax error") {
      throw ExitStatus.failure(
        .filter(expression: expression, message: error.message), filterName: name, interfaceName: "")
    } catch {
      return
    }
  }

  private func inject(_ sidecar: Sidecar) throws -> Injection {
    let text: [UInt8]
    do throws(SystemError) {
      if path == nil, isatty(STDIN_FILENO) == 1 { Self.say("no FILE: standard input is read, to its end (Ctrl-D)") }
      // One byte more than is taken, so that more is seen.
      let limit = Injection.longestText + 1
      if let path {
        text = try FileContents.read(path, atMost: limit)
      } else {
        text = try FileContents.read(from: STDIN_FILENO, title, atMost: limit)
      }
    } catch {
      throw ExitStatus.failure(ExitStatus.noInput, "\(title) cannot be read: \(error.reason)")
    }
    do throws(InjectError) {
      return try Injection(sidecar, into: text)
    } catch {
      let isData = if case .notUnderstood = error { true } else { false }
      throw ExitStatus.failure(isData ? ExitStatus.dataError : ExitStatus.configuration, "\(title): \(error)")
    }
  }

  private static func say(_ note: String) {
    LineOutput.writeNow("packet-forwarder: \(note)", to: STDERR_FILENO, within: 200)
  }

  private static func print(_ bytes: [UInt8]) throws {
    guard let error = WholeWrite.write(bytes, to: STDOUT_FILENO, "standard output") else { return }
    throw ExitStatus.failure(ExitStatus.inputOutput, error.description)
  }
}
