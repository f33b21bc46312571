import Foundation

/// tshark as an independent judge of a capture file.
struct Tshark {
  let path: String
  let directory: String

  init(_ path: String, testbed: Testbed) { self.init(path, directory: testbed.directory) }

  /// - Parameter directory: for what it writes.
  init(_ path: String, directory: String) {
    self.path = path
    self.directory = directory
  }

  private func run(_ arguments: [String]) throws -> Data {
    let strict = [
      "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
      "-o", "tcp.relative_sequence_numbers:FALSE",
      // A veth pair has a queue for each core: datagrams may overtake when their sender changes cores.
      "-o", "tcp.reassemble_out_of_order:TRUE",
    ]
    return try Subprocess.run(["tshark", "-n", "-r", path] + strict + arguments, seconds: 300, in: directory)
  }

  /// One row a packet that `filter` selects, one column a field.
  ///
  /// - Parameter occurrence: which one of a field that occurs in several headers: `f`irst, `l`ast, `a`ll.
  func fields(_ names: [String], filter: String, occurrence: String = "f") throws -> [[String]] {
    let columns = names.flatMap { ["-e", $0] }
    let data = try run(["-Y", filter, "-T", "fields", "-E", "occurrence=\(occurrence)"] + columns)
    // Faster than `split` in a build without optimisation; payloads make these lines long.
    return String(decoding: data, as: UTF8.self).components(separatedBy: "\n").dropLast()
      .map { $0.components(separatedBy: "\t") }
  }

  /// How many packets `filter` selects.
  func count(_ filter: String) throws -> Int {
    try fields(["frame.number"], filter: filter).count
  }

  /// The bodies of the HTTP responses from port 8080, one a connection, in the order of the connections.
  ///
  /// tshark dissects; the order of the segments is not its matter (see the script).
  func responseBodies() throws -> [Data] {
    let folder = "\(directory)/bodies-\(UUID().uuidString)"
    _ = try Subprocess.run(Tool.script("http_bodies.py") + [path, "8080", folder], seconds: 300, in: directory)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { Int($0) }.sorted()
    return try names.map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
  }

  /// Packets with an IPv4, TCP, UDP or ICMP checksum that is wrong.
  func badChecksums() throws -> Int {
    let protocols = ["ip", "tcp", "udp", "icmp", "icmpv6"]
    return try count(protocols.map { "\($0).checksum.status==0" }.joined(separator: " || "))
  }
}
