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

  /// The bodies of the HTTP messages, by file name, as tshark reassembles them.
  func exportedHTTPObjects() throws -> [String: Data] {
    let folder = "\(directory)/objects-\(UUID().uuidString)"
    _ = try run(["-q", "--export-objects", "http,\(folder)"])
    var objects: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      objects[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
    }
    return objects
  }

  /// Packets with an IPv4, TCP, UDP or ICMP checksum that is wrong.
  func badChecksums() throws -> Int {
    let protocols = ["ip", "tcp", "udp", "icmp", "icmpv6"]
    return try count(protocols.map { "\($0).checksum.status==0" }.joined(separator: " || "))
  }
}
