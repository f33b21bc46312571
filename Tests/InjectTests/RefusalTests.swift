import Testing

@testable import Inject

/// What cannot work is refused in one line, and nothing comes out.
@Suite struct RefusalTests {
  @Test(arguments: [
    (Sample.task(#""networkMode": "none""#), "networkMode is none"),
    (Sample.task(#""networkMode": "host""#), "name an interface"),
    (Sample.task(#""runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}"#), "it runs on Linux"),
    (#"{"containerDefinitions": []}"#, "containerDefinitions is empty"),
    (
      #"{"containerDefinitions": [{"name": "app"}, {"name": "packet-forwarder", "image": "nginx"}]}"#,
      "a container packet-forwarder that is no forwarder"
    ),
    (
      #"{"networkMode": "awsvpc", "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "a", "memory": 500}]}"#,
      """
      the task has 512 MiB of memory, its containers reserve 500, and packet-forwarder 64 more (at most 128): 564; take a \
      larger memory for the task (with this cpu, Fargate has 1024)
      """
    ),
  ])
  func taskDefinitions(_ text: String, _ reason: String) throws {
    let found = refusal(try sidecar(), text)
    #expect(found?.contains(reason) == true, "\(found ?? "taken")")
  }

  @Test(arguments: [
    (Sample.pod("  hostNetwork: true"), "name an interface"),
    (Sample.pod("  os: {name: windows}"), "runs on Windows"),
    (Sample.pod("  nodeSelector: {kubernetes.io/os: windows}"), "runs on Windows"),
    (Sample.pod("  initContainers: [{name: packet-forwarder, image: nginx}]"), "is no forwarder"),
    (Sample.pod().replacing("name: app", with: "name: packet-forwarder"), "is no forwarder"),
    (Sample.pod("  initContainers: 5"), "initContainers is no list"),
    (
      Sample.pod().replacing("name: app, image: app", with: "name: packet-forwarder, image: x/packet-forwarder:1"),
      "take it out there first"
    ),
    (
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {pod-security.kubernetes.io/enforce: restricted}}\n---\n"
        + Sample.pod().replacing("name: probe", with: "name: probe, namespace: n"), "the restricted Pod Security level"
    ),
    ("apiVersion: v1\nkind: Service\n", "nothing here has pods; there are: Service"),
  ])
  func manifests(_ text: String, _ reason: String) throws {
    let found = refusal(try sidecar(), text)
    #expect(found?.contains(reason) == true, "\(found ?? "taken")")
  }

  /// A namespace that is not the pod's, or takes what the sidecar is, is none of its business.
  @Test func otherNamespaces() throws {
    for (name, level) in [("m", "restricted"), ("n", "baseline")] {
      let namespace = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: \(name), labels: {pod-security.kubernetes.io/enforce: \(level)}}
        ---

        """
      let pod = Sample.pod().replacing("name: probe", with: "name: probe, namespace: n")
      let found = refusal(try sidecar(), namespace + pod)
      #expect(found == nil)
    }
  }

  @Test(arguments: [
    (
      Sample.template.replacing("ContainerDefinitions:\n", with: "ContainerDefinitions: !If\n        - C\n        -\n"),
      "ContainerDefinitions is !If"
    ),
    (
      #"{"Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": {"Fn::If": []}}}}}"#,
      "ContainerDefinitions is Fn::If"
    ),
    (#"{"Resources": {"T": {"Type": "AWS::S3::Bucket"}}}"#, "has no AWS::ECS::TaskDefinition"),
    (
      Sample.template + Sample.template.replacing("Resources:\n", with: "").replacing("Task:", with: "Two:"),
      "Task, Two"
    ),
    (
      Sample.template.replacing("ContainerDefinitions:", with: "ContainerDefinitions: &c")
        + "Outputs: {X: {Value: *c}}\n", "*c"
    ),
  ])
  func templates(_ text: String, _ reason: String) throws {
    let found = refusal(try sidecar(), text)
    #expect(found?.contains(reason) == true, "\(found ?? "taken")")
  }

  @Test func oneOfSeveralTaskDefinitionsCanBeChosen() throws {
    let text = Sample.template + Sample.template.replacing("Resources:\n", with: "").replacing("Task:", with: "Two:")
    let result = try inject(try sidecar { $0.resource = "Two" }, into: text)
    #expect(result.hasPrefix(Sample.template))
    #expect(try value(result)["Resources"]?["Two"]?["Properties"]?["ContainerDefinitions"]?.items?.count == 2)
    let found = refusal(try sidecar { $0.resource = "Three" }, text)
    #expect(found?.contains("Task, Two") == true)
  }

  @Test(arguments: [
    ("", "the text is empty"), (" \n", "the text is empty"), ("hello", "no ECS task definition"),
    ("{", "no JSON: line 1, column 2"), (#"{"a": 1, "a": 2}"#, "the key \"a\" is there twice"),
    ("[1, 2", "a comma or ]"), ("{} {}", "the end of the text"), ("a: b: c", "no YAML: line 1"),
    ("a:\n\tb: c", "no YAML: line 2"), ("a: *b", "there is no anchor"), ("? [a]\n: b", "a key that is not a word"),
    ("a: 1\na: 2", "is there twice"), ("a: {{ .Values.a }}\n", "a template is rendered first"),
    (String(repeating: "[", count: 5_000), "nested deeper"),
    ("a: " + String(repeating: "[", count: 900), "nested deeper"),
    ("\u{0}", "no YAML"), ("taskDefinition: {family: a}", "as JSON"), ("{\"taskDefinition\": {}}", "no ECS"),
  ])
  func whatIsNoDocument(_ text: String, _ reason: String) throws {
    let found = refusal(try sidecar(), text)
    #expect(found?.contains(reason) == true, "\(found ?? "taken")")
  }

  @Test func whatIsNoText() throws {
    for bytes in [[0xFF, 0xFE, 0x61, 0x00], [0x7B, 0xC0]] as [[UInt8]] {
      #expect(throws: InjectError.notUnderstood("the text is not in UTF-8")) { try Injection(sidecar(), into: bytes) }
    }
    #expect(throws: InjectError.self) {
      try Injection(sidecar(), into: [UInt8](repeating: 0x20, count: Injection.longestText + 1))
    }
  }
}
