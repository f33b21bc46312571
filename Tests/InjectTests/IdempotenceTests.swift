import Testing

@testable import Inject

/// Twice is once, and without the sidecar all is as it was.
@Suite struct IdempotenceTests {
  static let texts = [
    Sample.task, Sample.task(#""networkMode": "awsvpc", "memory": "1024""#), Sample.template, Sample.pod(),
    Sample.pod("  initContainers:\n  - {name: one, image: one}"), Sample.pod("  initContainers: []"),
    Sample.pod("  initContainers:\n"), Sample.pod().replacing("\n", with: "\r\n"),
    "\u{FEFF}" + Sample.pod(), String(Sample.template.dropLast()),
    Sample.template.replacing("        - Name: app\n", with: "        -\n          # first\n          Name: app\n"),
    "---\n" + Sample.pod() + "\n---\n# nothing\n---\n" + Sample.pod() + "\n...\n",
    #"{"apiVersion":"v1","kind":"List","items":[{"kind":"Pod","spec":{"containers":[{"name":"a"}]}}]}"#,
  ]

  static let changes: [@Sendable (inout Sidecar) -> Void] = [
    { _ in }, { $0.isWaitedFor = true },
    { ($0.isWaitedFor, $0.isEssential) = (true, true) }, { ($0.name, $0.cpuUnits) = ("mirror", 64) },
  ]

  @Test(arguments: texts, changes.indices)
  func twiceIsOnce(_ text: String, _ change: Int) throws {
    let sidecar = try sidecar(["BPF_FILTER=tcp port 80"], change: Self.changes[change])
    let once = try inject(sidecar, into: text)
    #expect(once.utf8.count > text.utf8.count)
    #expect(try inject(sidecar, into: once) == once)
  }

  @Test(arguments: texts)
  func withoutItAllIsAsItWas(_ text: String) throws {
    let result = try SourceText(Array(inject(try sidecar(), into: text).utf8))
    #expect(without(result.value) == without(try SourceText(Array(text.utf8)).value))
  }

  /// A value without forwarders, and without lists of init containers that are empty for it.
  private func without(_ value: Value) -> Value {
    switch value {
    case .sequence(let items):
      return .sequence(
        items.filter { ($0["name"] ?? $0["Name"])?.text != "packet-forwarder" }.map { without($0) })
    case .mapping(let members):
      let kept = members.map { Value.Member($0.key, without($0.value)) }
      return .mapping(kept.filter { $0.key != "initContainers" || $0.value != .null && $0.value != .sequence([]) })
    default: return value
    }
  }
}
