import Foundation
import Testing

/// What ARCHITECTURE.md says of the layout, held.
@Suite struct LayoutTests {
  /// The modules, lowest first: each may import those in front of it.
  static let order = [
    "CLinux", "CPcap", "CStart", "CYaml", "System", "Wire", "Capture", "Transport", "Mirror", "Telemetry", "Forwarder",
    "Check", "Cost", "Inject", "Receiver", "packet-forwarder",
  ]
  /// The rooms of the modules that have some.
  static let rooms = [
    "System": ["Confinement", "Netlink", "Output", "Sockets", "Time", "Waiting"],
    "Wire": ["Headers", "Checksums", "Cutting", "Tunnel", "Flows", "Control"],
    "Capture": ["Ring", "Libpcap", "Filter"],
    "Transport": ["Sending", "Collectors", "Probing"],
    "Mirror": ["Selection", "Flows", "Limits", "Encapsulation"],
    "Telemetry": ["Health", "Placement", "Scraping", "Status"],
    "Forwarder": ["Configuration", "Service", "Collectors", "Workers"],
    "Check": ["Probes", "Findings"],
    "Inject": ["Text", "Editing", "Sidecar", "Shapes"],
    "Receiver": ["Intake", "Accounts", "Sinks"],
    "packet-forwarder": ["Commands"],
  ]

  @Test func importsRunOneWay() throws {
    let files = try SourceTree.files()
    try #require(files.count > 100)
    for file in files {
      let own = try #require(Self.order.firstIndex(of: file.module), "\(file.path): a module without a place")
      for name in file.imports {
        guard let other = Self.order.firstIndex(of: name) else { continue }
        #expect(other < own, "\(file.path) imports \(name), which stands above it")
      }
    }
  }

  /// The collector's side runs without the forwarder, and the data plane without settings and names.
  @Test(arguments: [
    ("Receiver", ["Check", "Cost", "Forwarder", "Inject", "Mirror", "Transport", "Capture"]),
    ("Transport", ["Capture"]),
    ("Wire", ["System"]), ("Inject", ["System", "Capture", "Check", "Mirror"]),
  ])
  func modulesThatNeedNotKnowEachOther(_ module: String, _ others: [String]) throws {
    for file in try SourceTree.files() where file.module == module {
      for name in file.imports { #expect(!others.contains(name), "\(file.path) imports \(name)") }
    }
  }

  @Test func everyFileIsInItsRoom() throws {
    for file in try SourceTree.files() {
      let parts = file.path.split(separator: "/").map(String.init)
      #expect(parts.count <= 3, "\(file.path) lies too deep")
      guard parts.count == 3 else { continue }
      #expect(Self.rooms[parts[0]]?.contains(parts[1]) == true, "\(file.path): no such room")
    }
    for (module, rooms) in Self.rooms {
      for room in rooms {
        let folder = SourceTree.root.appendingPathComponent("Sources/\(module)/\(room)")
        #expect(FileManager.default.fileExists(atPath: folder.path), "\(module)/\(room) is gone")
      }
    }
  }

  @Test func noFileIsLongerThan250Lines() throws {
    for file in try SourceTree.files() {
      #expect(file.lines.count <= 251, "\(file.path) has \(file.lines.count - 1) lines")
    }
  }

  /// A file is named for a type that it declares or extends.
  @Test func filesAreNamedAfterTheirType() throws {
    for file in try SourceTree.files() {
      let name = file.path.split(separator: "/").last!.dropLast(".swift".count)
      let type = name.split(separator: "+")[0]
      let declares = file.code.contains { line in
        let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        return zip(words, words.dropFirst()).contains { kind, found in
          ["struct", "class", "enum", "protocol", "extension", "actor", "typealias"].contains(kind) && found == type
        }
      }
      #expect(declares, "\(file.path) has no \(type)")
    }
  }

  /// Offsets of header fields are numbers in the file of their header, and names elsewhere.
  @Test func headerFieldsAreReadByName() throws {
    for file in try SourceTree.files() where !file.path.hasPrefix("Wire/Headers/") {
      for line in file.code where line.firstMatch(of: #/\.uint(8|16|32|64)\(at: (\w+ \+ )?\d+\)/#) != nil {
        Issue.record("\(file.path): \(line.trimmingCharacters(in: .whitespaces))")
      }
    }
  }
}
