import Foundation
import Testing

/// What a build is made of, and how it is put together.
@Suite(.timeLimit(.minutes(2))) struct BuildTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private func script(_ name: String, _ arguments: [String]) throws -> Command {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return try Command(
      arguments, environment: ["PATH": path, "HOME": "/nonexistent"],
      binary: Self.root.appendingPathComponent("scripts/\(name)"))
  }

  @Test func theBinaryIsHardened() throws {
    let run = try script("check-binary", [Command.binary.path])
    #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(run.standardError)")
  }

  /// The check can fail: this is an executable of another kind.
  @Test func theCheckCanFail() throws {
    let source = FileManager.default.temporaryDirectory.appendingPathComponent("soft-\(UUID().uuidString)")
    try "int main(void) { return 0; }".write(
      to: source.appendingPathExtension("c"), atomically: true, encoding: .utf8)
    defer { for end in ["c", "out"] { try? FileManager.default.removeItem(at: source.appendingPathExtension(end)) } }
    let build = try Command(
      [], environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""],
      wrapper: ["clang", "-no-pie", "-z", "execstack", "-z", "norelro", "-z", "lazy", "-o", source.path + ".out"],
      binary: source.appendingPathExtension("c"))
    try #require(build.exitCode == 0, "\(build.standardError)")
    let run = try script("check-binary", [source.path + ".out"])
    #expect(run.exitCode == 1)
    let alone = try script("check-binary", ["--static", source.path + ".out"])
    #expect(alone.exitCode == 1 && alone.standardError.contains("no independence of libraries: libc.so.6"))
    for what in ["position-independent", "RELRO", "BIND_NOW", "stack that is not executable", "stack protection"] {
      #expect(run.standardError.contains("no \(what)"), "\(what)")
    }
  }

  /// It stands in one place: nothing that builds, packs or publishes has it in its own text.
  @Test func theVersionIsOne() throws {
    let said = try Command(["--version"]).standardOutput
    let script = try script("version", [])
    #expect(script.exitCode == 0 && script.standardOutput == said)
    let version = said.trimmingCharacters(in: .newlines)
    #expect(version.wholeMatch(of: #/\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?/#) != nil, "\(version)")
    var files = ["Dockerfile", "Makefile", "Package.swift", "deploy/deb/build"].map(Self.root.appendingPathComponent)
    for folder in ["scripts", "deploy/deb/debian", ".github/workflows"] {
      files += try FileManager.default.contentsOfDirectory(
        at: Self.root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
    }
    for file in files where !file.hasDirectoryPath {
      #expect(try !String(contentsOf: file, encoding: .utf8).contains(version), "\(file.path)")
    }
  }

  /// The shape that CycloneDX 1.5 demands, and every package and library in it.
  @Test func theBillOfMaterials() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sbom-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let resolved = Self.root.appendingPathComponent("Package.resolved")
    let run = try script("sbom.py", [Command.binary.path, resolved.path, folder.path])
    try #require(run.exitCode == 0, "\(run.standardError)")

    let data = try Data(contentsOf: folder.appendingPathComponent("packet-forwarder.cdx.json"))
    let bill = try JSONDecoder().decode(Bill.self, from: data)
    #expect(bill.bomFormat == "CycloneDX" && bill.specVersion == "1.5" && bill.version == 1)
    #expect(bill.serialNumber.wholeMatch(of: #/urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#) != nil)
    #expect(bill.metadata.component.name == "packet-forwarder" && bill.metadata.component.type == "application")
    let names = bill.components.map(\.name)
    let pins = try JSONDecoder().decode(Pins.self, from: Data(contentsOf: resolved)).pins.map(\.identity)
    #expect(Set(pins).isSubset(of: names) && !pins.isEmpty)
    #expect(names.contains("swift-runtime") && names.contains { $0.hasPrefix("libpcap") })
    #expect(names.contains("libyaml"))
    #expect(names.contains("libc6") || names.contains("glibc"))
    let references = bill.components.map(\.reference)
    #expect(Set(references).count == references.count && references.allSatisfy { $0.hasPrefix("pkg:") })
    for component in bill.components {
      #expect(!component.version.isEmpty && component.type == "library", "\(component.name)")
    }
    for name in pins + ["swift-runtime"] {
      #expect(bill.components.first { $0.name == name }?.licenses?.isEmpty == false, "\(name)")
    }
    #expect(Set(bill.dependencies.map(\.ref)) == Set(references + [bill.metadata.component.reference]))
    #expect(Set(bill.dependencies.first?.dependsOn ?? []) == Set(references))

    let licences = try String(contentsOf: folder.appendingPathComponent("THIRD_PARTY"), encoding: .utf8)
    for name in names { #expect(licences.contains("\n\(name) "), "\(name)") }
    #expect(licences.components(separatedBy: "Apache License").count > pins.count)
    // The same inputs, the same bill.
    _ = try script("sbom.py", [Command.binary.path, resolved.path, folder.path])
    #expect(try Data(contentsOf: folder.appendingPathComponent("packet-forwarder.cdx.json")) == data)
  }

  private struct Pins: Decodable {
    struct Pin: Decodable { let identity: String }
    let pins: [Pin]
  }

  private struct Bill: Decodable {
    struct Component: Decodable {
      struct Licence: Decodable { let expression: String }
      enum CodingKeys: String, CodingKey {
        case name, version, type, licenses
        case reference = "bom-ref"
      }
      let name, version, type, reference: String
      let licenses: [Licence]?
    }
    struct Metadata: Decodable { let component: Component }
    struct Dependency: Decodable {
      let ref: String
      let dependsOn: [String]?
    }
    let bomFormat, specVersion, serialNumber: String
    let version: Int
    let metadata: Metadata
    let components: [Component]
    let dependencies: [Dependency]
  }
}
