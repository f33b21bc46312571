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

  @Test func theDocument() throws {
    let task = try TaskMetadataClient.metadata(Array("HTTP/1.0 200 OK\r\nA: b\r\n\r\n\(Self.document)".utf8))
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
    ("HTTP/1.1 404 Not Found\r\n\r\n", TaskMetadataClient.Failure.refused("HTTP/1.1 404 Not Found")),
    ("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n", .refused("HTTP/1.1 302 Found")),
    ("nonsense\r\n\r\n", .refused("nonsense")), ("", .notUnderstood), ("HTTP/1.0 200 OK\r\n", .notUnderstood),
    ("HTTP/1.0 200 OK\r\n\r\n{}", .notUnderstood), ("HTTP/1.0 200 OK\r\n\r\n{\"TaskARN\":\"\"}", .notUnderstood),
    ("HTTP/1.0 200 OK\r\n\r\n[1", .notUnderstood),
    ("HTTP/1.0 200 OK\r\n\r\n" + String(repeating: " ", count: 64 << 10), .tooLong),
  ])
  func otherAnswers(_ text: String, _ failure: TaskMetadataClient.Failure) {
    #expect(throws: failure) { try TaskMetadataClient.metadata(Array(text.utf8)) }
  }

  /// A server that gives these answers to one connection after the other, each a piece of it at a time; nil: none.
  private func serve(_ answers: [String?]) throws -> (endpoint: TaskEndpoint, end: Event) {
    let listener = try StreamSocket.listen(on: try #require(SocketAddress(numeric: "127.0.0.1", port: 0)), backlog: 8)
    let port = try #require(SocketAddress(localOf: listener.value)).port
    let end = try Event()
    try BackgroundThread.run(name: "ecs") {
      var kept: [OwnedDescriptor] = []
      for answer in answers {
        guard Polling.isReady(.readable(listener.value), within: 20_000),
          let connection = try? AbstractSocket.accept(on: listener.value)
        else { return }
        guard let answer else {
          kept.append(connection)
          continue
        }
        _ = Polling.isReady(.readable(connection.value), within: 20_000)
        _ = try? connection.receiveNow(atMost: 1_024)
        for byte in answer.utf8 { _ = try? connection.sendNow([byte]) }
      }
      end.wait(milliseconds: 30_000)
    }
    return (try #require(TaskEndpoint("http://127.0.0.1:\(port)/v4/x")), end)
  }

  @Test func anAnswerInPieces() throws {
    let (endpoint, end) = try serve(["HTTP/1.0 200 OK\r\n\r\n\(Self.document)"])
    defer { end.set() }
    #expect(try TaskMetadataClient.ask(endpoint, until: TimeLimit(milliseconds: 10_000)).id == "01ab")
  }

  @Test func silenceHasAnEnd() throws {
    let (endpoint, end) = try serve([nil])
    defer { end.set() }
    #expect(throws: TaskMetadataClient.Failure.silent) {
      try TaskMetadataClient.ask(endpoint, until: TimeLimit(milliseconds: 100))
    }
    let nobody = try #require(TaskEndpoint("http://127.0.0.1:1/"))
    #expect(throws: TaskMetadataClient.Failure.system(SystemError(operation: "connect", code: 111))) {
      try TaskMetadataClient.ask(nobody, until: TimeLimit(milliseconds: 10_000))
    }
  }

  /// It is asked again for a while, and then not any more.
  @Test func itAsksAgain() throws {
    let (endpoint, end) = try serve(["HTTP/1.1 500 Oh\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n\(Self.document)"])
    defer { end.set() }
    let watch = TaskMetadataWatch(endpoint)
    #expect(watch.current == nil)
    var outcomes: [TaskMetadataWatch.Outcome] = []
    watch.run([1, 1], try Event()) { outcomes.append($0) }
    #expect(watch.current?.zone == "eu-west-1b" && outcomes.count == 1)
    let (dead, other) = try serve(["a\r\n\r\n", "b\r\n\r\n"])
    defer { other.set() }
    let unknown = TaskMetadataWatch(dead)
    unknown.run([1], try Event()) { outcomes.append($0) }
    guard case .failure(let reason) = try #require(outcomes.last) else { return #expect(Bool(false)) }
    #expect(unknown.current == nil && reason == .refused("b") && outcomes.count == 2)
  }
}
