import System
import Testing

@testable import Telemetry

/// What ECS says of a task, and an endpoint that does not do its part.
@Suite(.timeLimit(.minutes(1))) struct TaskMetadataTests {
  private static let document = #"""
    {"Cluster":"arn:aws:ecs:eu-west-1:123456789012:cluster/prod","TaskARN":"arn:aws:ecs:eu-west-1:123456789012:task/prod/01ab",
    "Family":"orders","Revision":"3","ServiceName":"orders-service","AvailabilityZone":"eu-west-1b","Containers":[{"Name":"app"}]}
    """#

  @Test(arguments: [
    ("http://169.254.170.2/v4/0a1b-2c", "169.254.170.2:80", "/v4/0a1b-2c"),
    ("http://127.0.0.1:51679/v4/x/", "127.0.0.1:51679", "/v4/x"), ("http://10.0.0.1", "10.0.0.1:80", ""),
  ])
  func endpoints(_ text: String, _ address: String, _ path: String) throws {
    let endpoint = try #require(TaskEndpoint(text))
    #expect(endpoint.address.description == address && endpoint.path == path)
  }

  @Test(arguments: [
    "", "169.254.170.2/v4", "https://169.254.170.2/v4", "http://metadata.example/v4", "http://[::1]/v4",
    "http://127.0.0.1:0/v4", "http://127.0.0.1:99999/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y",
    "http://user@127.0.0.1/v4", "http://127.0.0.1/?x", "http://127.0.0.1/\(String(repeating: "a", count: 1_024))",
  ])
  func noEndpoints(_ text: String) { #expect(TaskEndpoint(text) == nil) }

  private static func metadata(_ answer: String) throws -> TaskMetadata {
    try TaskMetadataClient.metadata(MetadataRequest.body(of: Array(answer.utf8)))
  }

  @Test func theDocument() throws {
    let task = try Self.metadata("HTTP/1.0 200 OK\r\nA: b\r\n\r\n\(Self.document)")
    #expect(task.id == "01ab" && task.cluster == "prod" && task.family == "orders" && task.service == "orders-service")
    #expect(task.zone == "eu-west-1b" && task.arn.hasSuffix(":task/prod/01ab"))
    #expect(task.words == "task 01ab of orders-service in cluster prod in zone eu-west-1b")
    #expect(ServiceName.of(task, host: "app-1") == "orders-service")
    let bare = try #require(JSONValue(parsing: Array(#"{"TaskARN":"a/b\u001b[2J","Cluster":7,"Family":"f"}"#.utf8)))
    let some = try #require(TaskMetadata(bare))
    #expect(some.id == "b?[2J" && some.cluster.isEmpty && some.zone.isEmpty)
    #expect(ServiceName.of(some, host: "app-1") == "f" && ServiceName.of(nil, host: "app-1") == "app-1")
    #expect(ServiceName.of(nil, host: "") == "unknown")
  }

  @Test(arguments: [
    ("HTTP/1.1 404 Not Found\r\n\r\n", MetadataFailure.refused("HTTP/1.1 404 Not Found")),
    ("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n", .refused("HTTP/1.1 302 Found")),
    ("nonsense\r\n\r\n", .refused("nonsense")), ("", .notUnderstood), ("HTTP/1.0 200 OK\r\n", .notUnderstood),
    ("HTTP/1.0 200 OK\r\n\r\n{}", .notUnderstood), ("HTTP/1.0 200 OK\r\n\r\n{\"TaskARN\":\"\"}", .notUnderstood),
    ("HTTP/1.0 200 OK\r\n\r\n[1", .notUnderstood),
    ("HTTP/1.0 200 OK\r\n\r\n" + String(repeating: " ", count: 64 << 10), .tooLong),
  ])
  func otherAnswers(_ text: String, _ failure: MetadataFailure) {
    #expect(throws: failure) { try Self.metadata(text) }
  }

  @Test func anAnswerInPieces() throws {
    let server = try MetadataServer(["HTTP/1.0 200 OK\r\n\r\n\(Self.document)"])
    #expect(try TaskMetadataClient.ask(try server.endpoint, until: TimeLimit(milliseconds: 10_000)).id == "01ab")
  }

  @Test func silenceHasAnEnd() throws {
    let server = try MetadataServer([nil])
    #expect(throws: MetadataFailure.silent) {
      try TaskMetadataClient.ask(try server.endpoint, until: TimeLimit(milliseconds: 100))
    }
    let nobody = try #require(TaskEndpoint("http://127.0.0.1:1/"))
    #expect(throws: MetadataFailure.system(SystemError(operation: "connect", code: 111))) {
      try TaskMetadataClient.ask(nobody, until: TimeLimit(milliseconds: 10_000))
    }
  }

  /// It is asked again for a while, and then not any more.
  @Test func itAsksAgain() throws {
    let server = try MetadataServer(["HTTP/1.1 500 Oh\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n\(Self.document)"])
    let watch = TaskMetadataWatch(try server.endpoint)
    #expect(watch.current == nil)
    var outcomes: [TaskMetadataWatch.Outcome] = []
    watch.run([1, 1], try Event()) { outcomes.append($0) }
    #expect(watch.current?.zone == "eu-west-1b" && outcomes.count == 1)
    let other = try MetadataServer(["a\r\n\r\n", "b\r\n\r\n"])
    let unknown = TaskMetadataWatch(try other.endpoint)
    unknown.run([1], try Event()) { outcomes.append($0) }
    guard case .failure(let reason) = try #require(outcomes.last) else { return #expect(Bool(false)) }
    #expect(unknown.current == nil && reason == .refused("b") && outcomes.count == 2)
  }
}
