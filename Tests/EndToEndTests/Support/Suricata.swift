import Foundation

/// Suricata as an independent judge: what it makes of a capture file when it trusts no packet with a wrong checksum.
struct Suricata {
  /// A line of eve.json, of the kinds and with the fields that are compared.
  struct Event: Decodable {
    struct HTTP: Decodable {
      var hostname: String?
      var url: String?
      var httpMethod: String?
      var status: Int?
      var length: Int?
    }
    struct File: Decodable {
      var filename: String?
      var state: String?
      var sha256: String?
      var size: Int?
    }
    struct Flow: Decodable {
      var state: String?
    }
    /// What is known of a handshake.
    struct TLS: Decodable, Hashable {
      struct Fingerprint: Decodable, Hashable { var hash: String? }

      var sni: String?
      var version: String?
      var subject: String?
      var issuerdn: String?
      var serial: String?
      var fingerprint: String?
      var ja3: Fingerprint?
      var ja3s: Fingerprint?
    }

    var eventType: String
    var srcIp: String?
    var srcPort: Int?
    var destIp: String?
    var destPort: Int?
    var proto: String?
    var appProto: String?
    var http: HTTP?
    var fileinfo: File?
    var flow: Flow?
    var tls: TLS?
    var stats: Statistics?
  }
  struct Statistics: Decodable {
    struct Decoder: Decodable {
      var vxlan: Int
      var invalid: Int
    }
    struct TCP: Decodable { var invalidChecksum: Int }

    var decoder: Decoder
    var tcp: TCP
  }

  /// Streams and bodies are kept whole, so that every hash is of a whole file.
  private static let configuration = """
    %YAML 1.1
    ---
    outputs:
      - eve-log:
          enabled: yes
          filetype: regular
          filename: eve.json
          types: [flow, tls: {extended: yes}, http: {extended: yes}, files: {force-hash: [sha256]}, stats: {totals: yes}]
    stream:
      checksum-validation: yes
      reassembly: {depth: 0}
    app-layer:
      protocols:
        tls: {enabled: yes, ja3-fingerprints: yes}
        http:
          enabled: yes
          libhtp: {default-config: {request-body-limit: 0, response-body-limit: 0}}
    decoder:
      vxlan: {enabled: true, ports: "4789"}

    """

  private let events: [Event]

  /// Reads a whole capture file; one of a sender's own packets has checksums that nobody has filled in yet.
  init(_ path: String, hasChecksums: Bool = true, testbed: Testbed) throws {
    let folder = "\(testbed.directory)/suricata-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let configuration = try testbed.write(Data(Self.configuration.utf8), to: "suricata.yaml")
    try Subprocess.run(
      [
        "suricata", "-c", configuration, "-r", path, "-l", folder, "-S", "/dev/null", "-k",
        hasChecksums ? "all" : "none",
      ],
      seconds: 60, in: folder)
    let lines = try String(contentsOfFile: "\(folder)/eve.json", encoding: .utf8).split(separator: "\n")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    events = try lines.map { try decoder.decode(Event.self, from: Data($0.utf8)) }
  }

  func events(_ type: String) -> [Event] { events.filter { $0.eventType == type } }

  /// The counters at the end.
  var statistics: Statistics? { events("stats").last?.stats }
}
