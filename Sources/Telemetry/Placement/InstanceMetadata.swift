package import System

/// EC2's instance metadata service, version 2: a token first, then the questions.
package enum InstanceMetadata {
  /// Where every instance finds it.
  package static let address = SocketAddress(bytes: [169, 254, 169, 254], port: 80)

  private static let tokenPath = "/latest/api/token"
  private static let placementPath = "/latest/meta-data/placement/"
  /// Characters of the longest token that is taken; Amazon's have 56.
  private static let maximumTokenLength = 512

  /// Asks where the instance is. Blocks, at most until `limit`.
  package static func placement(
    at address: SocketAddress = address, until limit: TimeLimit
  ) throws(MetadataFailure) -> Placement {
    // Seconds for which it holds: these two questions follow at once.
    let life = "X-aws-ec2-metadata-token-ttl-seconds: 60"
    let token = try text(MetadataRequest(address, method: "PUT", tokenPath, headers: [life]), until: limit)
    guard 1...maximumTokenLength ~= token.utf8.count, token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw .notUnderstood
    }
    let proof = ["X-aws-ec2-metadata-token: \(token)"]
    func ask(_ what: String) throws(MetadataFailure) -> String {
      try text(MetadataRequest(address, placementPath + what, headers: proof), until: limit)
    }
    guard let found = Placement(zone: try ask("availability-zone"), region: try ask("region")) else {
      throw .notUnderstood
    }
    return found
  }

  private static func text(_ request: MetadataRequest, until limit: TimeLimit) throws(MetadataFailure) -> String {
    String(decoding: try request.ask(until: limit), as: UTF8.self)
  }
}
