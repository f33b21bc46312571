import Foundation
import Glibc
import Testing

/// The programs the tests drive, and the privilege they need.
enum Tool {
  private static let folders: [String] = {
    let inherited = ProcessInfo.processInfo.environment["PATH"] ?? ""
    // The system's own folders first: version managers put shims in front that want a home directory.
    let system = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return system + inherited.split(separator: ":").map(String.init)
  }()

  /// What tools see: a search path and nothing that changes their language or their settings.
  static let environment: [String: String] = [
    "PATH": folders.joined(separator: ":"), "LC_ALL": "C", "HOME": "/nonexistent",
  ]

  /// The absolute path of a program; a name with a slash is taken as it is.
  static func path(_ name: String) throws -> String {
    if name.contains("/") { return name }
    for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
    throw Failure("\(name) is not installed")
  }

  /// Settings that every forwarder under test gets where its test says nothing else: SANDBOX, if the tests were given it,
  /// to run all of them in the strictest sandbox, or without one.
  static let settings = ProcessInfo.processInfo.environment.filter { $0.key == "SANDBOX" }

  /// A script beside the tests that makes or receives traffic.
  static func script(_ name: String) throws -> [String] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return [try path("python3"), tests.appendingPathComponent("Tools/\(name)").path]
  }

  /// The program under test: `PACKET_FORWARDER`, or the one in the build folder of this test bundle.
  static func packetForwarder() throws -> String {
    if let path = ProcessInfo.processInfo.environment["PACKET_FORWARDER"] { return path }
    return try product("packet-forwarder")
  }

  /// Copies a program. Not by this process: what it has open for writing is open in each that it starts at this moment,
  /// and a program that is open for writing cannot be run (ETXTBSY).
  static func copy(_ program: String, to path: String, in directory: String) throws {
    try Subprocess.run(["cp", program, path], in: directory)
  }

  /// A program in the build folder of this test bundle.
  static func product(_ name: String) throws -> String {
    var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var candidates: [String] = []
    for _ in 0..<4 {
      folder.deleteLastPathComponent()
      candidates.append(folder.appendingPathComponent(name).path)
    }
    var isFolder: ObjCBool = false
    for path in candidates
    where FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue {
      return path
    }
    throw Failure("no \(name) beside the test bundle; looked at \(candidates)")
  }
}

/// What the machine must offer for these tests to mean anything.
enum Requirements {
  private static let programs = [
    "ip", "ss", "nstat", "nsenter", "setarch", "setpriv", "unshare", "mount", "ethtool", "tcpdump", "dumpcap", "tshark",
    "curl", "python3",
  ]

  /// Why the tests cannot run here, or nil when they can.
  static let missing: String? = {
    if geteuid() != 0 { return "they need root (or `unshare -Ur`) for network namespaces" }
    for program in programs {
      do { _ = try Tool.path(program) } catch { return "\(error)" }
    }
    do {
      let folder = FileManager.default.temporaryDirectory.path
      try Subprocess.run(["unshare", "--net", "--mount", "true"], in: folder)
    } catch {
      return "network namespaces are not allowed here: \(error)"
    }
    return nil
  }()

  /// On a build server a missing tool is an error; elsewhere it only skips the tests.
  static let areMandatory = ProcessInfo.processInfo.environment["CI"] != nil

  /// Stops a test that runs although something is missing (because it is mandatory).
  static func demand() throws {
    if let missing { throw Failure("end-to-end tests cannot run: \(missing)") }
  }
}

extension Trait where Self == ConditionTrait {
  /// Runs the tests where the machine allows it; on a build server runs, and so fails, in any case.
  static var whereNamespacesWork: Self {
    .enabled(
      if: Requirements.missing == nil || Requirements.areMandatory,
      "End-to-end tests are skipped: \(Requirements.missing ?? "")")
  }

  /// Runs the tests where these programs are installed; on a build server runs, and so fails, in any case.
  static func whereInstalled(_ programs: [String]) -> Self {
    let missing = programs.filter { (try? Tool.path($0)) == nil }
    return .enabled(
      if: missing.isEmpty || Requirements.areMandatory,
      "These tests are skipped: not installed: \(missing.joined(separator: ", "))")
  }
}
