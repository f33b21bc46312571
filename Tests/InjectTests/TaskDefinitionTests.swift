import Testing

@testable import Inject

/// What the sidecar of a task definition is made of.
@Suite struct TaskDefinitionTests {
  private func containers(_ text: String) throws -> [Value] { try value(text)["containerDefinitions"]?.items ?? [] }

  @Test func essential() throws {
    let own = try containers(inject(try sidecar { $0.isEssential = true }, into: Sample.task))[1]
    #expect(own["essential"] == .bool(true) && own["restartPolicy"] == nil)
  }

  /// From one to the other and back is where it began.
  @Test func essentialAndBack() throws {
    let plain = try inject(try sidecar(), into: Sample.task)
    let essential = try inject(try sidecar { $0.isEssential = true }, into: plain)
    #expect(try containers(essential)[1]["restartPolicy"] == nil)
    let back = try containers(inject(try sidecar(), into: essential))[1]
    #expect(back["essential"] == .bool(false) && back["restartPolicy"]?["enabled"] == .bool(true))
  }

  /// Capabilities go one by one: Fargate cannot give NET_RAW back.
  @Test func capabilities() throws {
    let drop = try containers(inject(try sidecar(), into: Sample.task))[1]["linuxParameters"]?["capabilities"]?["drop"]
    let names = drop?.items?.compactMap(\.text) ?? []
    #expect(names.count == 13 && !names.contains("NET_RAW") && !names.contains("ALL"))
  }

  @Test(arguments: [(false, "START"), (true, "HEALTHY")])
  func waiting(_ isEssential: Bool, _ condition: String) throws {
    let waiting = try sidecar {
      $0.isWaitedFor = true
      $0.isEssential = isEssential
    }
    let once = try inject(waiting, into: Sample.task)
    let entry = Value.object(("containerName", .string("packet-forwarder")), ("condition", .string(condition)))
    #expect(try containers(once)[0]["dependsOn"] == .sequence([entry]))
    let twice = try inject(waiting, into: once)
    #expect(twice == once)
  }

  @Test func theApplicationIsNeitherProxyNorLogRouterNorHelper() throws {
    let text = """
      {"networkMode": "awsvpc", "proxyConfiguration": {"containerName": "envoy"}, "containerDefinitions": [
        {"name": "envoy", "portMappings": [{"containerPort": 1}]}, {"name": "router", "firelensConfiguration": {}},
        {"name": "init", "essential": false}, {"name": "worker"}, {"name": "app", "portMappings": [{"containerPort": 2}]}]}
      """
    let waiting = try sidecar { $0.isWaitedFor = true }
    let found = try containers(inject(waiting, into: text))
    #expect(found.filter { $0["dependsOn"] != nil }.compactMap { $0["name"]?.text } == ["app"])
    let chosen = try containers(inject(try sidecar { ($0.isWaitedFor, $0.application) = (true, "worker") }, into: text))
    #expect(chosen.filter { $0["dependsOn"] != nil }.compactMap { $0["name"]?.text } == ["worker"])
  }

  @Test func theLogIsTheApplicationsOrNone() throws {
    #expect(try containers(inject(try sidecar(), into: Sample.task))[1]["logConfiguration"] == nil)
    let log = #""logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-region": "r"}}"#
    let text = Sample.task.replacing(#""image": "app""#, with: log)
    let options = try containers(inject(try sidecar(), into: text))[1]["logConfiguration"]?["options"]
    #expect(options?["awslogs-group"]?.text == "g" && options?["awslogs-region"]?.text == "r")
    #expect(options?["awslogs-stream-prefix"]?.text == "packet-forwarder")
    #expect(options?["mode"]?.text == "non-blocking" && options?["max-buffer-size"]?.text == "4m")
    let other = Sample.task.replacing(#""image": "app""#, with: #""logConfiguration": {"logDriver": "splunk"}"#)
    #expect(try containers(inject(try sidecar(), into: other))[1]["logConfiguration"] == nil)
  }

  /// What the operator has added to it stays, and so does its place.
  @Test func anUpdateKeepsWhatIsNotOurs() throws {
    let text = """
      {"networkMode": "awsvpc", "containerDefinitions": [
        {"name": "packet-forwarder", "image": "old/packet-forwarder:1", "secrets": [],
         "environment": [{"name": "SAMPLE", "value": "2"}, {"name": "DESTINATION", "value": "old"}]},
        {"name": "app"}]}
      """
    let own = try containers(inject(try sidecar(["MTU=1500"]), into: text))[0]
    #expect(own["secrets"] == .sequence([]) && own["image"]?.text == "registry.example.com/packet-forwarder:1.0.0")
    let variables = try sidecar().environment(own, .camel).map { "\($0.key)=\($0.value.text ?? "")" }
    #expect(
      variables == ["SAMPLE=2", "DESTINATION=collector.example.com", "INTERFACE=any", "MTU=1500", "STAT_DURATION=30"])
  }

  @Test func whatOnlyDescribesIsTakenOut() throws {
    let text = """
      {"taskDefinition": {"revision": 1.50, "family": "f", "networkMode": "awsvpc", "status": "ACTIVE",
        "containerDefinitions": [{"name": "app"}], "registeredBy": "x"}, "tags": [{"key": "k", "value": "v"}]}
      """
    let result = try value(inject(try sidecar(), into: text))
    #expect(result.members?.map(\.key) == ["family", "networkMode", "containerDefinitions", "tags"])
    let untagged = text.replacing(#"{"key": "k", "value": "v"}"#, with: "")
    #expect(try value(inject(try sidecar(), into: untagged))["tags"] == nil)
  }

  @Test(arguments: [
    ("512", "1024", 512, 1_024), (".25 vCPU", "0.5GB", 256, 512), ("1 vCPU", "2 GB", 1_024, 2_048),
  ])
  func sizes(_ cpu: String, _ memory: String, _ units: Int, _ mebibytes: Int) {
    let size = TaskSize(cpu: .string(cpu), memory: .string(memory))
    #expect(size.cpu == units && size.memory == mebibytes)
  }

  /// A reference says no size, and so keeps nothing out.
  @Test func sizesThatAreNotInTheText() {
    let size = TaskSize(cpu: .tagged("!Ref", .string("Cpu")), memory: .object(("Ref", .string("Memory"))))
    #expect(size.cpu == nil && size.memory == nil)
  }

  @Test func cpuThatDoesNotFit() throws {
    let text = Sample.task.replacing(#""image": "app""#, with: #""cpu": 200"#)
    let (tooMuch, fits) = (
      refusal(try sidecar { $0.cpuUnits = 57 }, text), refusal(try sidecar { $0.cpuUnits = 56 }, text)
    )
    #expect(tooMuch?.contains("200, and packet-forwarder 57 more: 257") == true)
    #expect(fits == nil)
  }

  @Test func bridgeIsSaid() throws {
    let text = Sample.task(#""networkMode": "bridge""#)
    let notes = try Injection(try sidecar(), into: Array(text.utf8)).notes
    #expect(notes.count == 1 && notes[0].contains("bridge"))
    let none = try Injection(try sidecar(), into: Array(Sample.task.utf8)).notes
    #expect(none.isEmpty)
  }
}
