import Foundation

/// One HTTP request as its client saw it.
struct HTTPExchange: Hashable, Decodable {
  var localAddress: String
  var localPort: Int
  var remoteAddress: String
  var remotePort: Int
  var method: String
  var url: String
  var version: String
  var status: Int
  /// Bytes of the bodies.
  var sent: Int
  var received: Int

  private enum CodingKeys: String, CodingKey {
    case localAddress = "local_ip"
    case localPort = "local_port"
    case remoteAddress = "remote_ip"
    case remotePort = "remote_port"
    case method, url
    case version = "http_version"
    case status = "http_code"
    case sent = "size_upload"
    case received = "size_download"
  }
}

extension Testbed {
  /// Fetches files from the application's web server on one connection; throws unless each arrives whole.
  ///
  /// - Parameters:
  ///   - root: URL of the folder, without the last slash.
  ///   - options: curl's.
  @discardableResult
  func fetch(_ files: [String: Data], from root: String, options: [String] = []) throws -> [HTTPExchange] {
    let names = files.keys.sorted()
    let arrived = "\(directory)/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: arrived, withIntermediateDirectories: true)
    let targets = names.flatMap { ["-o", "\(arrived)/\($0)", "\(root)/\($0)"] }
    let exchanges = try curl(options + targets)
    for name in names where FileManager.default.contents(atPath: "\(arrived)/\(name)") != files[name] {
      throw Failure("\(root)/\(name) did not arrive whole")
    }
    return exchanges
  }

  /// Sends a file to the application's web server.
  @discardableResult
  func upload(_ data: Data, to url: String, options: [String] = []) throws -> [HTTPExchange] {
    let path = try write(data, to: "upload-\(UUID().uuidString)")
    return try curl(options + ["-T", path, "-o", "/dev/null", url])
  }

  private func curl(_ arguments: [String]) throws -> [HTTPExchange] {
    let common = ["curl", "-sS", "--globoff", "--fail", "--insecure", "--max-time", "20", "-w", "%{json}\\n"]
    let output = try peer.run(common + arguments, seconds: 30)
    return try output.split(separator: "\n").map {
      do {
        return try JSONDecoder().decode(HTTPExchange.self, from: Data($0.utf8))
      } catch {
        throw Failure("curl's \($0): \(error)")
      }
    }
  }
}
