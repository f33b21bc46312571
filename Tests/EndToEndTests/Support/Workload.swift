import Foundation

/// What the collector and a direct recording of the traffic link saw of the same traffic.
struct Recordings {
  var direct: Tshark
  var directPath: String
  var outer: Tshark
  var outerPath: String
  var inner: Tshark
  var mirror: Mirror
}

extension Testbed {
  /// Everything that reaches the collector as VXLAN, and every fragment, which would otherwise go unseen.
  static func mirrorFilter(port: Int = 4789) -> String {
    "udp dst port \(port) or ip[6:2] & 0x3fff != 0 or ip6[6] == 44"
  }

  /// Records the mirror at the collector.
  func recordMirror(port: Int = 4789, with program: Recorder.Program = .dumpcap) throws -> Recorder {
    try Recorder(
      "mirror0", of: collector, filter: Self.mirrorFilter(port: port), with: program, testbed: self)
  }

  /// Runs `traffic` between start and end of the recordings; `stop` must end the forwarder.
  ///
  /// - Parameter filter: of the direct recording, on eth0 of the application.
  func record(
    filter: String, with program: Recorder.Program = .dumpcap, traffic: () throws -> Void,
    stop: () throws -> Void
  ) throws -> Recordings {
    let direct = try Recorder("eth0", of: app, filter: filter, with: program, testbed: self)
    let outer = try recordMirror(with: program)
    try traffic()
    try stop()
    try Recorder.stop(direct, outer)
    let (mirror, innerPath) = try outer.mirror()
    return Recordings(
      direct: Tshark(direct.path, testbed: self), directPath: direct.path,
      outer: Tshark(outer.path, testbed: self), outerPath: outer.path,
      inner: Tshark(innerPath, testbed: self), mirror: mirror)
  }

  /// Starts a web server on the application for one file of random bytes, and returns these.
  ///
  /// Not at the speed of memory: the tests run an unoptimised build, and are about correctness.
  func serveRandomFile(byteCount: Int, port: Int = 8080) throws -> Data {
    guard let random = FileHandle(forReadingAtPath: "/dev/urandom") else { throw Failure("no /dev/urandom") }
    defer { try? random.close() }
    guard let data = try random.read(upToCount: byteCount), data.count == byteCount else {
      throw Failure("/dev/urandom is short")
    }
    try FileManager.default.createDirectory(atPath: "\(directory)/www", withIntermediateDirectories: true)
    _ = try write(data, to: "www/file")
    _ = try startScript("http_server.py", ["\(directory)/www", "::", String(port), "40000000"], in: app)
    return data
  }

  /// Fetches that file from the peer over IPv4 or IPv6; throws when it did not arrive whole.
  func fetch(_ expected: Data, from host: String, port: Int = 8080) throws {
    let url = host.contains(":") ? "http://[\(host)]:\(port)/file" : "http://\(host):\(port)/file"
    let arrived = "\(directory)/fetched"
    try peer.run(["curl", "-sS", "--fail", "--max-time", "30", "-o", arrived, url], seconds: 40)
    guard FileManager.default.contents(atPath: arrived) == expected else {
      throw Failure("the file itself did not arrive whole")
    }
  }
}
