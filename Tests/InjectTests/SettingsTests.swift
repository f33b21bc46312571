import Testing

@testable import Inject

/// Variables of the sidecar.
@Suite struct SettingsTests {
  @Test(arguments: [
    ("BPF_FLITER=tcp", "--set BPF_FLITER is no setting; did you mean BPF_FILTER?"),
    ("bpf-filter=tcp", "--set bpf-filter is no setting; did you mean BPF_FILTER?"),
    ("COLOUR=red", "--set COLOUR is no setting; `packet-forwarder run --help` lists them"),
    ("MTU=99", "MTU=99 makes no sense; it takes a number of bytes from 576 to 65535"),
    ("MTU", "--set MTU makes no sense; it takes NAME=VALUE, such as MTU=1500"),
    ("=5", "--set =5 makes no sense; it takes NAME=VALUE, such as MTU=1500"),
    ("DESTINATION=x", "--set DESTINATION belongs to --destination"),
  ])
  func bad(_ assignment: String, _ message: String) {
    #expect(throws: SidecarSettings.Refusal(description: message)) { try sidecar([assignment]) }
  }

  @Test func twice() {
    #expect(throws: SidecarSettings.Refusal(description: "--set MTU is given twice")) {
      try sidecar(["MTU=1500", "MTU=9000"])
    }
  }

  @Test func aBadDestination() {
    #expect(throws: SidecarSettings.Refusal.self) { try SidecarSettings(destination: "a b", []) }
    #expect(throws: SidecarSettings.Refusal.self) { try SidecarSettings(destination: "", []) }
  }

  /// Interfaces are those of where it runs, not of here.
  @Test func anInterfaceThatIsNotHere() throws {
    #expect(try sidecar(["INTERFACE=eth77"]).settings.has("INTERFACE"))
    #expect(try !sidecar(["INTERFACE="]).settings.has("INTERFACE"))
  }

  @Test func theContractComesFirst() throws {
    let names = try sidecar(["VNI=7", "MTU=1500", "BPF_FILTER=tcp"]).settings.variables(beside: []).map(\.key)
    #expect(names == ["BPF_FILTER", "DESTINATION", "INTERFACE", "MTU", "STAT_DURATION", "VNI"])
  }

  /// What a container has is not set back to a default.
  @Test func defaultsStandBack() throws {
    let present = [Value.Member("INTERFACE", .string("eth1")), .init("STAT_DURATION", .string("60"))]
    #expect(try sidecar().settings.variables(beside: present).map(\.key) == ["DESTINATION"])
  }

  @Test(arguments: [
    ([], 64, 128), (["BUFFER_SIZE=64MiB"], 96, 128), (["BUFFER_SIZE=65MiB"], 97, 192),
    (["BUFFER_SIZE=64MiB", "WORKERS=2"], 160, 192), (["BUFFER_SIZE=1MiB"], 33, 128),
  ])
  func memory(_ assignments: [String], _ reservation: Int, _ limit: Int) throws {
    let memory = SidecarMemory(try sidecar(assignments).settings.effective(beside: []))
    #expect(memory.reservation == reservation && memory.limit == limit)
  }

  /// A buffer that the container already has counts.
  @Test func memoryOfAnUpdate() throws {
    let present = [Value.Member("BUFFER_SIZE", .string("256MiB"))]
    #expect(SidecarMemory(try sidecar().settings.effective(beside: present)).reservation == 288)
    // What makes no sense there does not keep the rest from counting.
    let odd = [Value.Member("MTU", .string("?"))]
    #expect(SidecarMemory(try sidecar(["BUFFER_SIZE=256MiB"]).settings.effective(beside: odd)).reservation == 288)
  }
}
