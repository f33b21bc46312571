import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// `packet-forwarder receive` at the far end.
  @Suite struct Commands {
    /// The collector's side in a pipe with tshark, over both outer protocols.
    @Test(arguments: [Testbed.Address.collector, Testbed.Address.collector6])
    func receiveIntoTshark(_ collector: String) throws {
      try withTestbed { testbed in
        // The shell writes down whose input is to end; tshark then ends by itself.
        let pipeline = """
          (echo $BASHPID >receiver; exec "$1" receive --write -) | "$2" -n -r - -T fields -e eth.type \
          -e ip.src -e udp.dstport -e udp.length
          """
        let binary = try Tool.packetForwarder()
        let shell = ["bash", "-c", "cd \"$0\" && " + pipeline, testbed.directory]
        let process = try testbed.start(shell + [binary, try Tool.path("tshark")], in: testbed.collector)
        try eventually("receiver to listen: \(process.errorOutput)") {
          try Self.receiverQueue(testbed) != nil || !process.isRunning
        }
        let host = collector.contains(":") ? "[\(collector)]" : collector
        let environment = [
          "BPF_FILTER": "udp dst port 7000", "DESTINATION": host, "INTERFACE": "eth0", "STAT_FORMAT": "json",
        ]
        let forwarder = try Forwarder(environment, testbed: testbed)
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "1000", "400", "5000"], in: testbed.peer)
        #expect(try forwarder.stopWithTotal().sentDatagrams == 1_000)
        try eventually("receiver to read everything") { try Self.receiverQueue(testbed) == 0 }
        let file = try String(contentsOfFile: "\(testbed.directory)/receiver", encoding: .utf8)
        let receiver = try #require(pid_t(file.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(receiver, SIGTERM)
        #expect(try process.wait(seconds: 15) == .status(0), "\(process.errorOutput)")
        let rows = process.output.split(separator: "\n")
        #expect(rows.count == 1_000, "\(process.errorOutput)")
        #expect(rows.allSatisfy { $0 == "0x0800\t\(Testbed.Address.peer)\t7000\t408" })
      }
    }

    /// What `receive` writes is what was sent, frame by frame, and its own statistics say how many.
    @Test func receiveToFile() throws {
      try withTestbed { testbed in
        let file = "\(testbed.directory)/received.pcapng"
        let receiver = try testbed.start(
          [try Tool.packetForwarder(), "receive", "--write", file], in: testbed.collector)
        try eventually("receiver to listen: \(receiver.errorOutput)") {
          try Self.receiverQueue(testbed) != nil || !receiver.isRunning
        }
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          ["BPF_FILTER": "tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "MTU": "1500"],
          testbed: testbed)
        let served = try testbed.serveRandomFile(byteCount: 1_000_000)
        try testbed.fetch(served, from: Testbed.Address.app)
        try testbed.waitForClosedConnections()
        try forwarder.stop()
        try eventually("receiver to read everything") { try Self.receiverQueue(testbed) == 0 }
        try Recorder.stop(recorder)
        receiver.signal(SIGTERM)
        #expect(try receiver.wait(seconds: 5) == .status(0), "\(receiver.errorOutput)")

        let received = Tshark(file, testbed: testbed)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        let names = ["frame.len", "eth.src", "eth.dst", "ip.id", "tcp.seq", "tcp.ack", "tcp.checksum"]
        let sent = try inner.fields(names, filter: "tcp").map { $0.joined(separator: " ") }.sorted()
        let arrived = try received.fields(names, filter: "tcp").map { $0.joined(separator: " ") }.sorted()
        #expect(sent.count > 700)
        #expect(arrived == sent)
        #expect(try received.responseBodies() == [served])
        #expect((receiver.output + receiver.errorOutput).contains(String(sent.count)), "its own statistics")
      }
    }

    /// A full disk ends it with one line; the frames that it says were delivered are in the file, and the file can be
    /// read to its end.
    @Test func receiveToAFullDisk() throws {
      try withTestbed { testbed in
        let script = """
          mkdir "$0/small" && mount -t tmpfs -o size=64k none "$0/small" || exit 99
          "$1" receive --write "$0/small/file" --stat-format json
          code=$?; cp "$0/small/file" "$0/copy"; exit $code
          """
        let shell = ["unshare", "--mount", "sh", "-c", script, testbed.directory, try Tool.packetForwarder()]
        let receiver = try testbed.start(shell, in: testbed.collector)
        try eventually("receiver to listen: \(receiver.errorOutput)") {
          try Self.receiverQueue(testbed) != nil || !receiver.isRunning
        }
        let forwarder = try Forwarder(
          ["BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0"],
          testbed: testbed)
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "2000", "400", "0"], in: testbed.peer)
        #expect(try receiver.wait(seconds: 10) == .status(74), "\(receiver.errorOutput)")
        try forwarder.stop()
        let lines = receiver.errorOutput.split(separator: "\n").filter { $0.contains("cannot write") }
        #expect(lines.count == 1 && lines[0].hasSuffix("No space left on device"), "\(receiver.errorOutput)")
        let delivered = receiver.output.firstMatch(
          of: #/"delivered_frames":(\d+),.*"final":true|"final":true.*?"delivered_frames":(\d+)/#)
        let count = try #require(delivered.flatMap { Int($0.2 ?? $0.1 ?? "") }, "\(receiver.output)")
        #expect(count > 50)
        let file = Tshark("\(testbed.directory)/copy", testbed: testbed)
        #expect(try file.fields(["udp.length"], filter: "udp").count == count)
      }
    }

    /// Two forwarders at once, through a firewall that drops some of what they send: the collector says how much, to the
    /// datagram, though it drops reports as well.
    @Test(.whereInstalled(["nft"]), arguments: Engine.allCases, [1, 2])
    func everyLossOnTheWayIsCounted(_ engine: Engine, workers: Int) throws {
      try withTestbed { testbed in
        try testbed.collector.nft(
          """
          table inet loss { counter lost { }; chain c { type filter hook input priority 0; \
          udp dport 4789 numgen random mod 25 0 counter name lost drop; }; }
          """)
        let receiver = try testbed.start(
          [try Tool.packetForwarder(), "receive", "--count-only", "--stat-format", "json"], in: testbed.collector)
        try eventually("receiver to listen: \(receiver.errorOutput)") {
          try Self.receiverQueue(testbed) != nil || !receiver.isRunning
        }
        let ports = ["7000", "7001"]
        let forwarders = try ports.map { port in
          try Forwarder(
            [
              "BPF_FILTER": "udp dst port \(port)", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
              "STAT_FORMAT": "json", "CAPTURE": engine.setting, "WORKERS": "\(workers)",
            ], testbed: testbed)
        }
        let senders = try ports.map { port in
          try testbed.startScript(
            "udp_sender.py", [Testbed.Address.app, port, "12500", "400", "2500"], in: testbed.peer)
        }
        for sender in senders { #expect(try sender.wait(seconds: 30) == .status(0), "\(sender.errorOutput)") }
        // The last words are to be heard.
        try testbed.collector.nft("flush chain inet loss c")
        let totals = try forwarders.map { try $0.stopWithStatistics().last?.total }
        for total in totals { #expect(total?.sentDatagrams == 12_500) }
        try eventually("receiver to read everything") { try Self.receiverQueue(testbed) == 0 }
        receiver.signal(SIGTERM)
        #expect(try receiver.wait(seconds: 15) == .status(0), "\(receiver.errorOutput)")
        let dropped = try testbed.collector.run(["nft", "-j", "list", "counters"])
        let lost = try #require(dropped.firstMatch(of: #/"packets": ?(\d+)/#).flatMap { Int($0.1) })
        try #require(lost > 500)
        let output = receiver.output
        let figures = try #require(
          output.matches(
            of: #/"senders":\[\{.*?"sent_datagrams":(\d+),"lost_datagrams":(\d+),"duplicated_datagrams":(\d+)/#
          )
          .last, "\(output)")
        #expect(figures.2 == "\(lost)", "\(output)")
        #expect(figures.3 == "0")
        #expect(try #require(Int(figures.1)) > 25_000, "reports too")
      }
    }

    /// A forwarder that loses its collector's name, ends and comes back, and sends from other ports has lost nothing.
    @Test(arguments: Engine.allCases) func whatChangesIsNotLoss(_ engine: Engine) throws {
      try withTestbed { testbed in
        let receiver = try testbed.start(
          [try Tool.packetForwarder(), "receive", "--count-only", "--stat-format", "json"], in: testbed.collector)
        try eventually("receiver to listen: \(receiver.errorOutput)") {
          try Self.receiverQueue(testbed) != nil || !receiver.isRunning
        }
        let environment = [
          "BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
          "STAT_FORMAT": "json", "CAPTURE": engine.setting, "RESOLVE_INTERVAL": "1",
        ]
        let send = {
          try testbed.runScript(
            "udp_sender.py", [Testbed.Address.app, "7000", "1000", "400", "2000"], in: testbed.peer)
        }
        for ports in ["4", "4", "7"] {
          let forwarder = try Forwarder(environment.merging(["SOURCE_PORTS": ports]) { $1 }, testbed: testbed)
          _ = try send()
          _ = try testbed.hosts([])
          try eventually("name to be missed: \(forwarder.process.errorOutput)") {
            forwarder.process.errorOutput.contains("was not looked up")
          }
          _ = try send()
          #expect(try forwarder.stopWithStatistics().last?.total.sentDatagrams == 2_000)
          _ = try testbed.hosts()
        }
        try eventually("receiver to read everything") { try Self.receiverQueue(testbed) == 0 }
        receiver.signal(SIGTERM)
        #expect(try receiver.wait(seconds: 15) == .status(0), "\(receiver.errorOutput)")
        let figures = try #require(
          receiver.output.matches(
            of: #/"senders":\[\{.*?"sent_datagrams":(\d+),"lost_datagrams":(\d+),"duplicated_datagrams":(\d+)/#
          )
          .last, "\(receiver.output)")
        #expect(figures.2 == "0" && figures.3 == "0", "\(receiver.output)")
        #expect(try #require(Int(figures.1)) > 6_000, "reports too: \(receiver.output)")
      }
    }

    /// Bytes waiting in the receiver's socket; nil while there is none.
    private static func receiverQueue(_ testbed: Testbed) throws -> Int? {
      let sockets = try testbed.collector.run(["ss", "-Hlun", "sport = :4789"]).split(separator: "\n")
      if sockets.isEmpty { return nil }
      return sockets.compactMap { Int($0.split(separator: " ")[1]) }.reduce(0, +)
    }
  }
}
