import Wire

/// The program that the kernel runs, for people: instructions as libpcap writes them, under headings that say which part is what.
package enum FilterListing {
  /// The lines for a plan whose frames come by the ring.
  ///
  /// - Throws: as the engines do where they compile it.
  package static func lines(of plan: CapturePlan) throws(CaptureError) -> [String] {
    let program = try FilterCompiler.compile(plan).forPacketSocket(interfaces: try indices(plan))
    let parts = try parts(of: plan, count: program.instructions.count)
    var lines = ["# \(program.instructions.count) instructions, of \(BPFProgram.maximumCount) that the kernel takes"]
    var next = 0
    for part in parts where part.count > 0 {
      lines.append("# \(part.title)")
      lines += (next..<next + part.count).map(program.line)
      next += part.count
    }
    return lines
  }

  /// A stretch of the program.
  private struct Part {
    var title: String
    var count: Int
  }

  /// The parts, first to last. The ones behind know nothing of those in front, so their lengths are those that they have
  /// by themselves.
  private static func parts(of plan: CapturePlan, count: Int) throws(CaptureError) -> [Part] {
    var shared = plan
    shared.exclusions = Exclusions(collectors: [], includesMetadata: true)
    shared.exclusions.expression = plan.exclusions.expression
    var wanted = shared
    wanted.share = .all
    var bare = wanted
    bare.exclusions.expression = ""
    let filter = try FilterCompiler.ethernet(bare).instructions.count
    let excluded = try FilterCompiler.ethernet(wanted).instructions.count - filter
    let share = try FilterCompiler.ethernet(shared).instructions.count - filter - excluded
    let exclusions = try FilterCompiler.ethernet(plan).instructions.count - filter - excluded - share
    let mark = plan.exclusions.mark == nil ? 0 : BPFProgram.rejectAll.rejecting(mark: 0).instructions.count - 1
    return [
      Part(title: "never mirrored: what has this program's mark", count: mark),
      Part(
        title:
          "by link type: Ethernet goes on, without the copies that leave on loopback; IP packets of other links are "
          + "judged outside the kernel", count: count - mark - exclusions - excluded - filter - share),
      Part(title: "never mirrored: \(words(plan.exclusions))", count: exclusions),
      Part(title: "never mirrored: EXCLUDE, \(plan.exclusions.expression)", count: excluded),
      Part(title: plan.filter.isEmpty ? "everything else" : "the filter: \(plan.filter)", count: filter),
      Part(title: "of that a share of the flows (SAMPLE)", count: share),
    ]
  }

  private static func words(_ exclusions: Exclusions) -> String {
    let ports = exclusions.sourcePorts.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
    let own = ports.isEmpty ? [] : ["own datagrams, from UDP ports \(ports) (chosen at the start)"]
    let metadata = exclusions.includesMetadata ? [] : ["the cloud's metadata and credential endpoints"]
    return (metadata + own).joined(separator: "; ")
  }

  /// Those that the program must tell apart; one by itself is what the socket is bound to.
  private static func indices(_ plan: CapturePlan) throws(CaptureError) -> [Int32] {
    guard case .named(let names) = plan.interfaces, names.count > 1 else { return [] }
    return try NetworkInterface.known().filter { names.contains($0.name) }.map(\.index)
  }
}
