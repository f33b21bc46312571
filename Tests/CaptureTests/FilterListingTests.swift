import Testing
import Wire

@testable import Capture

/// The listing of `-d`: every instruction of the program that is attached, once, under the heading of its part.
@Suite struct FilterListingTests {
  private func plan(_ filter: String, exclude: String = "", sample: UInt64 = 1) -> CapturePlan {
    var exclusions = Exclusions(collectors: [], includesMetadata: false)
    exclusions.sourcePorts = [49_152...49_155]
    exclusions.mark = 0x106D
    exclusions.expression = exclude
    var plan = CapturePlan(
      interfaces: .any, filter: filter, exclusions: exclusions, snapLength: nil, bufferByteCount: 1 << 20)
    plan.share = .one(of: sample)
    return plan
  }

  private func headings(_ lines: [String]) -> [String] { lines.filter { $0.hasPrefix("#") } }

  @Test(arguments: ["", "tcp port 80", "not host 192.0.2.1 and udp"], ["", "port 8200"])
  func everyInstructionIsThereOnce(_ filter: String, _ exclude: String) throws {
    for sample in [UInt64(1), 10] {
      let plan = plan(filter, exclude: exclude, sample: sample)
      let lines = try FilterListing.lines(of: plan)
      let instructions = lines.filter { !$0.hasPrefix("#") }
      #expect(instructions.count == (try plan.instructionCount()))
      for (index, line) in instructions.enumerated() {
        let number = String(1_000 + index).dropFirst()
        #expect(line.hasPrefix("(\(number)) "), "\(line)")
      }
      #expect(headings(lines).contains { $0.hasPrefix("# never mirrored: EXCLUDE, ") } == !exclude.isEmpty)
      #expect(headings(lines).contains { $0.contains("(SAMPLE)") } == (sample > 1))
      #expect(headings(lines).contains(filter.isEmpty ? "# everything else" : "# the filter: \(filter)"))
    }
  }

  /// The part under the filter's heading is what libpcap's compiler makes of the expression alone.
  @Test func thePartOfTheFilterIsTheFilter() throws {
    let lines = try FilterListing.lines(of: plan("udp port 53"))
    let start = try #require(lines.firstIndex(of: "# the filter: udp port 53"))
    let alone = try FilterCompiler.expression(of: plan("udp port 53")).instructions
    #expect(lines.count - start - 1 == alone.count)
    #expect(lines[start + 1].hasSuffix("ldh      [12]") && lines[lines.count - 1].hasSuffix("ret      #0"))
  }

  @Test func metadataHasItsNames() throws {
    let lines = try FilterListing.lines(of: plan(""))
    #expect(lines.contains { $0.contains("[mark]") } && lines.contains { $0.contains("[hatype]") })
    #expect(lines.contains("# never mirrored: what has this program's mark"))
    let ports = "own datagrams, from UDP ports 49152-49155 (chosen at the start)"
    #expect(lines.contains("# never mirrored: the cloud's metadata and credential endpoints; \(ports)"))
  }
}
