import Testing

/// `healthcheck` and `status` where nobody is to be asked, or options make no sense. With a forwarder they are in
/// `EndToEndTests`.
@Suite(.timeLimit(.minutes(1))) struct StatusCommandTests {
  /// A process ID that Linux never gives.
  private static let nobody = "2147483647"

  @Test func healthcheckSaysInOneLineThatNobodyAnswers() throws {
    let run = try Command(["healthcheck", "--pid", Self.nobody])
    #expect(run.exitCode == 1)
    #expect(run.standardOutput == "unhealthy: the forwarder has ended\n")
    #expect(run.standardError.isEmpty)
  }

  @Test(arguments: [[], ["--format", "json"], ["--flows"], ["--watch"]]) func statusOfNobody(_ options: [String]) throws
  {
    let run = try Command(["status", "--pid", Self.nobody] + options)
    #expect(run.exitCode == 1)
    #expect(run.standardOutput.isEmpty)
    #expect(run.standardError == "packet-forwarder: forwarder \(Self.nobody): the forwarder has ended\n")
  }

  @Test(arguments: [
    (["healthcheck", "--timeout", "5"], "--timeout=5 makes no sense; it takes a number from 10 to 60000"),
    (["healthcheck", "--pid", "-1"], "--pid=-1 makes no sense; it takes a number from 1 to 2147483647"),
    (["status", "--pid", "one"], "--pid=one makes no sense; it takes a number from 1 to 2147483647"),
    (["status", "--format", "xml"], "--format=xml makes no sense; it takes text or json"),
    (
      ["status", "--watch", "--format", "json"],
      "--format=json makes no sense beside --watch; STAT_FORMAT=json has the forwarder print JSON again and again"
    ),
  ])
  func optionsThatMakeNoSense(_ arguments: [String], _ line: String) throws {
    let run = try Command(arguments)
    #expect(run.exitCode == 78)
    #expect(run.standardOutput.isEmpty)
    #expect(run.standardError == "packet-forwarder: \(line)\n")
  }
}
