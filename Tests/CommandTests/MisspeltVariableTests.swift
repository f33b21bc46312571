import Testing

/// A variable that looks like a setting is told of at the start, by name and never with its value.
@Suite(.timeLimit(.minutes(1))) struct MisspeltVariableTests {
  @Test func eachIsOneWarning() throws {
    // A filter that does not compile ends the program after the settings were read.
    let run = try Command(
      [],
      environment: [
        "DESTINATION": "192.0.2.1", "BPF_FILTER": "tcp and", "BPF_FLITER": "secret", "STAT_DURATON": "secret",
        "AWS_REGION": "eu-west-1", "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x",
      ])
    #expect(run.exitCode == 78)
    let lines = run.standardError.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.contains(" warning packet-forwarder: ") == true)
    #expect(lines.first?.hasSuffix(" BPF_FLITER is not a setting; did you mean BPF_FILTER?") == true)
    #expect(lines.dropFirst().first?.hasSuffix(" STAT_DURATON is not a setting; did you mean STAT_DURATION?") == true)
    #expect(lines.last?.hasPrefix("packet-forwarder: BPF_FILTER=\"tcp and\" makes no sense") == true)
    #expect(!run.standardError.contains("secret"))
  }

  @Test func theErrorOfAMissingDestinationNamesIt() throws {
    let run = try Command([], environment: ["DESTINATON": "secret"])
    #expect(run.exitCode == 78)
    #expect(
      run.standardError == """
        packet-forwarder: DESTINATION is not set, but DESTINATON is; it takes a host name, IPv4 or [IPv6] address, each \
        with an optional :port, several separated by commas

        """)
  }
}
