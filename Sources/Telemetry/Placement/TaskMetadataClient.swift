package import System

/// Asks ECS what this task is.
package enum TaskMetadataClient {
  /// Asks once. Blocks, at most until `limit`.
  package static func ask(_ endpoint: TaskEndpoint, until limit: TimeLimit) throws(MetadataFailure) -> TaskMetadata {
    let request = MetadataRequest(endpoint.address, "\(endpoint.path)/task", headers: ["Accept: application/json"])
    return try metadata(request.ask(until: limit))
  }

  /// What the body of an answer says.
  static func metadata(_ body: [UInt8]) throws(MetadataFailure) -> TaskMetadata {
    guard let document = JSONValue(parsing: body), let metadata = TaskMetadata(document) else { throw .notUnderstood }
    return metadata
  }
}
