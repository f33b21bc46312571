import System
import Testing

@testable import Telemetry

/// Where the program runs, as ECS and EC2 say.
@Suite struct PlacementTests {
  private static let task =
    #"{"TaskARN":"arn:aws:ecs:eu-west-1:123456789012:task/prod/01ab","AvailabilityZone":"eu-west-1b"}"#

  private static func ok(_ body: String) -> String { "HTTP/1.1 200 OK\r\nServer: EC2ws\r\n\r\n\(body)" }

  private static let instance = [ok("TOKEN=="), ok("us-west-2-lax-1a"), ok("us-west-2")]

  /// Nobody listens there.
  private static let nobody = SocketAddress(bytes: [127, 0, 0, 1], port: 1)

  @Test func ofATask() throws {
    let server = try MetadataServer([Self.ok(Self.task)])
    let finder = PlacementFinder(try server.endpoint, instance: Self.nobody)
    // The second time it is known.
    for _ in 0..<2 { #expect(try finder.find() == Placement(zone: "eu-west-1b", region: "eu-west-1")) }
  }

  /// A zone of another name than its region's; each question carries the token.
  @Test func ofAnInstance() throws {
    let server = try MetadataServer(Self.instance)
    let finder = PlacementFinder(nil, instance: server.address)
    #expect(try finder.find() == Placement(zone: "us-west-2-lax-1a", region: "us-west-2"))
    let questions = server.questions
    #expect(questions.count == 3)
    #expect(questions[0].hasPrefix("PUT /latest/api/token HTTP/1.0\r\n"))
    #expect(questions[0].contains("\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n"))
    #expect(questions[1].hasPrefix("GET /latest/meta-data/placement/availability-zone "))
    #expect(questions[2].hasPrefix("GET /latest/meta-data/placement/region "))
    #expect(questions.dropFirst().allSatisfy { $0.contains("\r\nX-aws-ec2-metadata-token: TOKEN==\r\n") })
  }

  /// A task that does not say its zone is looked for as an instance.
  @Test(arguments: [
    #"{"TaskARN":"arn:aws:ecs:eu-west-1:1:task/prod/01ab"}"#,
    #"{"TaskARN":"arn:aws:ecs:eu-west-1:1:task/prod/01ab","AvailabilityZone":"a.b"}"#,
    #"{"TaskARN":"task","AvailabilityZone":"eu-west-1b"}"#, "[]",
  ])
  func ofAnInstanceWhenTheTaskDoesNotSay(_ document: String) throws {
    let (ecs, ec2) = (try MetadataServer([Self.ok(document)]), try MetadataServer(Self.instance))
    #expect(try PlacementFinder(try ecs.endpoint, instance: ec2.address).find().zone == "us-west-2-lax-1a")
  }

  /// What would make another request of the next question, or another name of a host, is not believed.
  @Test(arguments: [
    ["A\r\nHost: b", "eu-west-1a", "eu-west-1"], ["", "eu-west-1a", "eu-west-1"],
    [String(repeating: "a", count: 513), "eu-west-1a", "eu-west-1"], ["A", "eu-west-1a.attacker.example", "eu-west-1"],
    ["A", "", "eu-west-1"], ["A", "-a", "eu-west-1"], ["A", "eu-west-1a", "EU"],
    ["A", String(repeating: "a", count: 64), "eu-west-1"],
  ])
  func nonsense(_ answers: [String]) throws {
    let server = try MetadataServer(answers.map(Self.ok))
    #expect(throws: MetadataFailure.notUnderstood) {
      try InstanceMetadata.placement(at: server.address, until: TimeLimit(milliseconds: 10_000))
    }
  }

  /// It is asked again when it is needed again, and says why it is not known.
  @Test func notKnownYet() throws {
    let ecs = try MetadataServer(["HTTP/1.1 500 Oh\r\n\r\n", Self.ok(Self.task)])
    let finder = PlacementFinder(try ecs.endpoint, instance: Self.nobody)
    #expect(
      throws: PlacementFinder.Failure(
        description: "ECS: the answer is HTTP/1.1 500 Oh; EC2: connect: Connection refused")
    ) {
      try finder.find()
    }
    #expect(try finder.find().region == "eu-west-1")
  }
}
