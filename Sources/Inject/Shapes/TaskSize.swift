/// CPU and memory of a task, and whether containers fit.
struct TaskSize {
  /// CPU units; nil where the text does not say.
  let cpu: Int?
  /// MiB; nil where the text does not say.
  let memory: Int?

  /// Memory in MiB that Fargate has for this much CPU.
  private static let fargate: [(cpu: Int, memory: [Int])] = [
    (256, [512, 1_024, 2_048]),
    (512, Array(stride(from: 1_024, through: 4_096, by: 1_024))),
    (1_024, Array(stride(from: 2_048, through: 8_192, by: 1_024))),
    (2_048, Array(stride(from: 4_096, through: 16_384, by: 1_024))),
    (4_096, Array(stride(from: 8_192, through: 30_720, by: 1_024))),
    (8_192, Array(stride(from: 16_384, through: 61_440, by: 4_096))),
    (16_384, Array(stride(from: 32_768, through: 122_880, by: 8_192))),
  ]

  /// Reads `512`, `"512"`, `"0.5 vCPU"`; `1024`, `"1024"`, `"1 GB"`.
  init(cpu: Value?, memory: Value?) {
    self.cpu = cpu.flatMap { Self.number($0, unit: "vcpu") }
    self.memory = memory.flatMap { Self.number($0, unit: "gb") }
  }

  private static func number(_ value: Value, unit: String) -> Int? {
    guard let text = value.words?.lowercased() else { return nil }
    if let number = Int(text) { return number }
    guard text.hasSuffix(unit) else { return nil }
    let number = text.dropLast(unit.count).filter { $0 != " " }
    return Double(number.hasPrefix(".") ? "0" + number : String(number)).flatMap { Int(exactly: $0 * 1_024) }
  }

  /// What keeps a sidecar out, in a line; nil where it fits, as far as the text says.
  func objection(others: [Value], _ form: KeyForm, sidecar: Sidecar, needs need: SidecarMemory) -> String? {
    func sum(_ keys: [String]) -> Int {
      others.reduce(0) { sum, other in
        sum &+ min(1 << 30, keys.lazy.compactMap { other[form.key($0)]?.int }.first { $0 > 0 } ?? 0)
      }
    }
    if let cpu, let own = sidecar.cpuUnits {
      let used = sum(["cpu"])
      if used + own > cpu {
        return """
          the task has \(cpu) CPU units, its containers \(used), and \(sidecar.name) \(own) more: \(used + own); take a \
          larger cpu for the task, or leave --cpu out
          """
      }
    }
    guard let memory else { return nil }
    let used = sum(["memoryReservation", "memory"])
    let total = used + need.reservation
    let least = max(total, need.limit)
    guard least > memory else { return nil }
    let sizes = Self.fargate.first { $0.cpu == cpu }?.memory.filter { $0 >= least } ?? []
    let next = sizes.first.map { "with this cpu, Fargate has \($0)" } ?? "at least \(least)"
    return """
      the task has \(memory) MiB of memory, its containers reserve \(used), and \(sidecar.name) \(need.reservation) more \
      (at most \(need.limit)): \(total); take a larger memory for the task (\(next)), or a smaller BUFFER_SIZE
      """
  }
}
