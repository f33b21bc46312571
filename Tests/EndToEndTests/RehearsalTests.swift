import Foundation
import TestSupport
import Testing

extension EndToEndBeside {
  /// The commands of every page, as somebody would paste them: the program is really started by each of its command lines, and all
  /// else has a stand-in (`rehearse.sh`).
  @Suite struct Rehearsal {
    static let pages =
      (try? Page.forUsers().filter { page in page.blocks.contains { $0.mark == .rehearsed } }) ?? []

    @Test func thereAreSome() {
      #expect(Set(Self.pages.map(\.path)).isSuperset(of: ["README.md", "docs/collector.md", "docs/vm.md"]))
    }

    @Test(arguments: pages) func commandsAreUnderstood(_ page: Page) throws {
      for block in page.blocks where block.mark == .rehearsed {
        let (exit, output, error) = try rehearse(block.script)
        #expect(exit == .status(0), "\(block): \(error)")
        // What is not ours and not a stand-in would have been found; ours is counted.
        let calls = block.script.matches(of: #/(?m)^(sudo |docker run .*)?packet-forwarder( |$)/#).count
        let runs = output.split(separator: "\n").count
        #expect(runs >= calls, "\(block): \(runs) of \(calls) command lines were run")
      }
    }

    /// What would be wrong in a page, and what is said of it.
    static let wrong = [
      ("packet-forwarder --destination 192.0.2.10 --mut 9000", "--mut is no flag of run; did you mean --mtu?"),
      ("packet-forwarder recieve", "recieve is no command; did you mean receive?"),
      ("sudo packet-forwarder -i eth7 --destination 192.0.2.10", "eth7"),
      ("BPF_FLITER=tcp packet-forwarder --destination 192.0.2.10", "BPF_FLITER is not a setting"),
      ("packet-forwarder check --destination 192.0.2.10 --filter 'tcp prot 80'", "filter-syntax"),
      ("docker run --rm -e DESTINATION=192.0.2.10 -e MTU=9 example.com/packet-forwarder:1.0.0", "MTU=9 makes no sense"),
      ("docker run --rm packet-forwarder demonstrate", "demonstrate"),
      ("docker run --rm forwarder demo", "the image is not ours"),
      ("packet-forwarder receive --tap", "--tap has no value behind it"), ("make dmeo", "make has no target dmeo"),
      ("packet-forwarder receive --tap eth0 &", "exit code 74"),
      ("packet-fowarder demo", "there is no stand-in for packet-fowarder"),
      ("packet-forwarder inject --image $IMAGE --destination $COLLECTOR --dry-run order.json", "order.json"),
    ]

    @Test(arguments: wrong) func whatIsWrongIsFound(_ script: String, _ complaint: String) throws {
      let (exit, _, error) = try rehearse(script + "\n")
      #expect(exit != .status(0) && error.contains(complaint), "\(script): \(exit) \(error)")
    }

    private func rehearse(_ script: String) throws -> (exit: Subprocess.Exit, output: String, error: String) {
      try withTestbed { testbed in
        // Its only interface is the eth0 of the pages.
        try testbed.peer.ip("route add default via \(Testbed.Address.app)")
        let folder = "\(testbed.directory)/page"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let path = try testbed.write(Data(script.utf8), to: "script")
        let rehearsal = Page.root.appending(path: "Tests/Tools/rehearse.sh").path
        let environment = Tool.settings.merging(Tool.environment) { $1 }.merging(["HOME": folder]) { $1 }
        let process = try testbed.start(
          [
            "sh", "-c", "cd \"$0\" && exec \"$@\"", folder, rehearsal, try Tool.packetForwarder(), Page.root.path, path,
          ],
          in: testbed.peer, environment: environment)
        return (try process.wait(seconds: 60), process.output, process.errorOutput)
      }
    }
  }
}
