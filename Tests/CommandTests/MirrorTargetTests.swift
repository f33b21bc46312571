import Foundation
import Testing

/// The script that makes a machine a mirror target, putting its files below a folder.
@Suite(.timeLimit(.minutes(1))) struct MirrorTargetTests {
  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("deploy/collector").path

  private struct Result {
    var status: CInt
    var output: String
    var error: String
  }

  private func install(_ root: String, _ arguments: [String]) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Self.scripts)/install-mirror-target")
    process.arguments = ["--root", root, "--interface", "eth0", "--program", Command.binary.path] + arguments
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let texts = [output, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: texts[0], error: texts[1])
  }

  private func withRoot(_ body: (String) throws -> Void) throws {
    let root = NSTemporaryDirectory() + "mirror-target-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    try body(root)
  }

  /// Files below the root, without folders, and what is in them.
  private func files(_ root: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: root) ?? .init() {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
      if !isFolder.boolValue { found[name] = FileManager.default.contents(atPath: "\(root)/\(name)") }
    }
    return found
  }

  @Test(arguments: [
    (
      "pcapng", "etc/systemd/system/packet-forwarder-receive.service",
      "receive --interface eth0 --listen 4789 --write /var/lib/packet-forwarder/mirror.pcapng --rotate-size 100MiB --files 20"
    ),
    (
      "tap", "etc/systemd/system/packet-forwarder-receive.service",
      "receive --interface eth0 --listen 4789 --tap mirror0 --stat-duration 60"
    ),
    (
      "suricata", "etc/systemd/system/packet-forwarder-suricata.service",
      "suricata -c /etc/packet-forwarder/suricata.yaml --af-packet=eth0 -l /var/log/suricata \"udp and port 4789\""
    ),
  ])
  func eachOutputHasItsUnitAndASecondRunChangesNothing(output: String, unit: String, command: String) throws {
    try withRoot { root in
      let first = try install(root, ["--output", output])
      #expect(first.status == 0, "\(first.error)")
      let installed = try files(root)
      #expect(String(decoding: try #require(installed[unit]), as: UTF8.self).contains(command))
      let second = try install(root, ["--output", output])
      #expect(second.status == 0 && second.output.isEmpty, "\(second.output)\(second.error)")
      #expect(try files(root) == installed)
      for _ in 0..<2 {
        let removed = try install(root, ["--uninstall"])
        #expect(removed.status == 0, "\(removed.error)")
        #expect(try files(root).isEmpty)
      }
    }
  }

  /// Another output takes the place of the one before.
  @Test func theOutputCanChange() throws {
    try withRoot { root in
      for output in ["pcapng", "suricata", "tap"] {
        #expect(try install(root, ["--output", output]).status == 0)
        let units = try files(root).keys.filter { $0.hasSuffix(".service") }
        #expect(units.count == 1 && units.first?.contains("suricata") == (output == "suricata"), "\(units)")
      }
    }
  }

  /// What an operator has changed is neither written over nor removed, nor are captured files.
  @Test func whatIsNotOursStays() throws {
    try withRoot { root in
      #expect(try install(root, ["--output", "suricata"]).status == 0)
      let rules = "\(root)/etc/packet-forwarder/mirror.rules"
      try "mine\n".write(toFile: rules, atomically: true, encoding: .utf8)
      #expect(
        try install(root, ["--output", "suricata"]).output
          == "kept /etc/packet-forwarder/mirror.rules, which was changed\n")
      #expect(try install(root, ["--output", "pcapng"]).status == 0)
      let capture = "\(root)/var/lib/packet-forwarder/mirror-20260101T000000Z-00001.pcapng"
      try "frames".write(toFile: capture, atomically: true, encoding: .utf8)
      #expect(try install(root, ["--uninstall"]).status == 0)
      #expect(try Set(files(root).values) == [Data("mine\n".utf8), Data("frames".utf8)])
    }
  }

  @Test(arguments: [
    (["--output", "disk"], CInt(78), "--output 'disk': it takes pcapng, tap or suricata"),
    (["--filter", "tcp"], 78, "--filter 'tcp': for --output pcapng it takes 'udp and port NUMBER'"),
    (
      ["--output", "suricata", "--filter", "udp\"; id"], 78,
      "--filter 'udp\"; id': it has characters that no filter needs"
    ),
    (["--files", "0"], 78, "--files '0': it takes a number from 1 on"),
    (["--directory", "relative"], 78, "--directory 'relative': it takes an absolute path without spaces"),
    (["--bogus"], 64, "unknown option '--bogus'; --help lists them"),
    (["--files"], 64, "--files needs a value"),
  ])
  func aBadValueInstallsNothing(arguments: [String], status: CInt, line: String) throws {
    try withRoot { root in
      let result = try install(root, arguments)
      #expect(result.status == status && result.error == "install-mirror-target: \(line)\n", "\(result)")
      #expect(try files(root).isEmpty)
    }
  }
}
