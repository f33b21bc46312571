import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What `packet-forwarder receive` makes of a mirror: files, an interface, alerts.
  @Suite struct CollectorOutputs {
    private static let collectorFiles = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("deploy/collector").path

    private func forwarder(_ testbed: Testbed, filter: String, _ more: [String: String] = [:]) throws -> Forwarder {
      let settings = [
        "BPF_FILTER": filter, "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "MTU": "1500",
        "STAT_FORMAT": "json", "REPORTS": "off",
      ]
      return try Forwarder(settings.merging(more) { $1 }, testbed: testbed)
    }

    /// Where Suricata looks for mirrored traffic.
    enum Place: String, CaseIterable, Sendable {
      case tap, datagrams
    }

    /// The configuration and the rule that are shipped, on the TAP and on the datagrams themselves: a request on the
    /// mirrored host raises the alert.
    @Test(.whereInstalled(["suricata", "curl"]), arguments: Place.allCases)
    func suricataRaisesAnAlert(_ place: Place) throws {
      try withTestbed { testbed in
        let receiver = place == .tap ? try ReceiveProcess(["--tap", "copies0"], testbed: testbed) : nil
        let capture = place == .tap ? ["--af-packet=copies0"] : ["--af-packet=mirror0", "udp and port 4789"]
        let log = "\(testbed.directory)/log"
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        let suricata = try testbed.start(
          [
            "suricata", "-c", "\(Self.collectorFiles)/suricata.yaml", "-l", log,
            "--set", "default-rule-path=\(Self.collectorFiles)", "--set", "pid-file=\(log)/pid",
          ] + capture, in: testbed.collector)
        try eventually("Suricata to capture: \(suricata.errorOutput)\(suricata.output)", within: 30) {
          (suricata.output + suricata.errorOutput).contains("Engine started") || !suricata.isRunning
        }
        let forwarder = try forwarder(testbed, filter: "tcp")
        _ = try testbed.serveRandomFile(byteCount: 10_000)
        func alerts() -> [Substring] {
          ((try? String(contentsOfFile: "\(log)/eve.json", encoding: .utf8)) ?? "").split(separator: "\n")
            .filter { $0.contains("\"event_type\":\"alert\"") }
        }
        // Whether the page is there or not.
        let page = "http://\(Testbed.Address.app):8080/packet-forwarder-alert"
        try testbed.peer.run(["curl", "-s", "-o", "/dev/null", page])
        try eventually("an alert; \(suricata.errorOutput)", within: 20) { !alerts().isEmpty || !suricata.isRunning }
        let alert = try #require(alerts().first)
        #expect(alert.contains("\"signature_id\":9000001"), "\(alert)")
        #expect(alert.contains("\"src_ip\":\"\(Testbed.Address.peer)\""), "\(alert)")
        #expect(alert.contains("\"dest_ip\":\"\(Testbed.Address.app)\",\"dest_port\":8080"), "\(alert)")
        #expect(alert.contains("\"tunnel\":") == (place == .datagrams), "\(alert)")
        try forwarder.stop()
        suricata.signal(SIGTERM)
        #expect(try suricata.wait(seconds: 20) == .status(0), "\(suricata.errorOutput)")
        if let receiver { #expect(try receiver.stop().total.undeliveredFrames == 0) }
      }
    }

    /// Files of a rotation are whole ones that every reader takes, and together they are what was sent.
    @Test(.whereInstalled(["mergecap", "capinfos"])) func rotatedFilesAreTheWhole() throws {
      try withTestbed { testbed in
        let folder = "\(testbed.directory)/files"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let receiver = try ReceiveProcess(
          ["--write", "\(folder)/mirror.pcapng", "--rotate-size", "128KiB"], testbed: testbed)
        let recorder = try testbed.recordMirror()
        // Reports are datagrams of their own.
        let forwarder = try forwarder(testbed, filter: "tcp", ["REPORTS": "off"])
        let served = try testbed.serveRandomFile(byteCount: 1_000_000)
        try testbed.fetch(served, from: Testbed.Address.app)
        try testbed.waitForClosedConnections()
        let sent = try forwarder.stopWithTotal()
        let line = try receiver.stop()
        try Recorder.stop(recorder)
        #expect(line.total.deliveredFrames == sent.sentDatagrams && line.total.undeliveredFrames == 0)
        #expect(line.senders.map(\.address) == ["198.51.100.1"])
        #expect(line.senders.map(\.receivedDatagrams) == [sent.sentDatagrams])

        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
        #expect(files.count > 7)
        var frames = 0
        for file in files {
          let judges = [
            ["capinfos", "-M", "-c", file], ["tshark", "-n", "-r", file, "-T", "fields", "-e", "frame.len"],
          ]
          for judge in judges {
            let process = try Subprocess(judge, in: testbed.directory)
            #expect(try process.wait(seconds: 20) == .status(0))
            let complaint = process.errorOutput.split(separator: "\n").filter { !$0.hasPrefix("Running as user") }
            #expect(complaint.isEmpty, "\(process.name): \(complaint)")
            if judge[0] == "tshark" { frames += process.output.split(separator: "\n").count }
          }
        }
        #expect(frames == sent.sentDatagrams)

        let whole = "\(testbed.directory)/whole.pcapng"
        try Subprocess.run(["mergecap", "-a", "-w", whole] + files, in: testbed.directory)
        let received = Tshark(whole, testbed: testbed)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        let names = ["frame.len", "eth.src", "eth.dst", "ip.src", "ip.id", "tcp.seq", "tcp.ack", "tcp.checksum"]
        #expect(
          try received.fields(names, filter: "tcp").map { $0.joined(separator: " ") }.sorted()
            == inner.fields(names, filter: "tcp").map { $0.joined(separator: " ") }.sorted())
        #expect(try received.responseBodies() == inner.responseBodies())
        #expect(try received.responseBodies() == [served])
        #expect(Set(try received.fields(["frame.interface_name"], filter: "tcp")) == [["198.51.100.1 vni 1"]])
      }
    }

    /// What is cut off by SNAP_LENGTH keeps its length, so that no reader takes it for broken.
    @Test func theOriginalLengthIsKept() throws {
      try withTestbed { testbed in
        let file = "\(testbed.directory)/snapped.pcapng"
        let receiver = try ReceiveProcess(["--write", file], testbed: testbed)
        let forwarder = try forwarder(testbed, filter: "udp dst port 7000", ["SNAP_LENGTH": "96"])
        try testbed.runScript("udp_sender.py", [Testbed.Address.app, "7000", "50", "400", "5000"], in: testbed.peer)
        try forwarder.stop()
        #expect(try receiver.stop().total.deliveredFrames == 50)
        let tshark = Tshark(file, testbed: testbed)
        let rows = try tshark.fields(["frame.cap_len", "frame.len", "udp.length"], filter: "udp")
        #expect(rows == Array(repeating: ["96", "442", "408"], count: 50))
        #expect(try tshark.count("_ws.malformed") == 0)
      }
    }

    /// Frames come out of the TAP as they were sent, each flow in its order, also with several workers; the host has
    /// nothing to say there.
    @Test(arguments: [1, 2]) func theTapShowsEveryFrame(workers: Int) throws {
      try withTestbed { testbed in
        // A veth pair has a queue for each core, and would reorder what is sent from several.
        try testbed.keepToOneCore()
        let file = "\(testbed.directory)/received.pcapng"
        let receiver = try ReceiveProcess(
          ["--tap", "copies0", "--write", file, "--workers", "\(workers)"], testbed: testbed)
        let link = try testbed.collector.run(["ip", "-d", "link", "show", "copies0"])
        #expect(link.contains("NOARP,UP") && link.contains("mtu 8951") && link.contains("vnet_hdr off"), "\(link)")
        let features = try testbed.collector.run(["ethtool", "-k", "copies0"])
        #expect(features.contains("tx-checksumming: off") && features.contains("tcp-segmentation-offload: off"))
        let recorder = try Recorder("copies0", of: testbed.collector, filter: "", testbed: testbed)
        let forwarder = try forwarder(testbed, filter: "udp dst port 7000", ["SOURCE_PORTS": "8"])
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "8000", "300", "10000", "1", "40"], in: testbed.peer)
        #expect(try forwarder.stopWithTotal().sentDatagrams == 8_000)
        // The interface goes with the receiver.
        try Recorder.stop(recorder)
        let line = try receiver.stop()
        #expect(line.total.deliveredFrames == 8_000)
        #expect(line.senders.count == 1 && (2...8).contains(line.senders[0].sourcePorts))
        for path in [recorder.path, file] {
          let rows = try Tshark(path, testbed: testbed).fields(["udp.srcport", "udp.payload"], filter: "udp")
          #expect(rows.count == 8_000)
          var last: [String: UInt32] = [:]
          for row in rows {
            let number = try #require(UInt32(row[1].prefix(8), radix: 16), "\(row)")
            if let before = last[row[0]] { #expect(number > before, "flow \(row[0])") }
            last[row[0]] = number
          }
          #expect(last.count == 40)
        }
      }
    }

    /// Outer fragments are put together by the kernel; that there were some is counted.
    @Test(arguments: [Testbed.Address.collector, Testbed.Address.collector6])
    func fragmentsAreCounted(_ collector: String) throws {
      try withTestbed(mirrorMTU: 1_500) { testbed in
        let file = "\(testbed.directory)/received.pcapng"
        let receiver = try ReceiveProcess(["--write", file], testbed: testbed)
        let send = """
          import socket, sys
          sender = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
          head = bytes.fromhex("0800000000000100" "020000000002" "020000000001" "88b5")
          for size in (100, 4000, 100, 9000): sender.sendto(head + bytes(size), (sys.argv[1], 4789))
          """
        try testbed.app.run([try Tool.path("python3"), "-c", send, collector])
        let total = try receiver.stop().total
        #expect(total.receivedDatagrams == 4 && total.deliveredFrames == 4 && total.fragmentedDatagrams == 2)
        let sizes = try Tshark(file, testbed: testbed).fields(["frame.len"], filter: "frame")
        #expect(sizes == [["114"], ["4014"], ["114"], ["9014"]])
      }
    }

    /// Without the capability for an interface it says which, and opens nothing.
    @Test func aTapNeedsACapability() throws {
      try withTestbed { testbed in
        let receiver = try testbed.start(
          ["setpriv", "--bounding-set", "-net_admin", try Tool.packetForwarder(), "receive", "--tap", "copies0"],
          in: testbed.collector)
        #expect(try receiver.wait(seconds: 5) == .status(77))
        #expect(receiver.errorOutput.split(separator: "\n").count == 1)
        #expect(receiver.errorOutput.contains("CAP_NET_ADMIN"), "\(receiver.errorOutput)")
      }
    }

    /// The program as one of Wireshark's extcap programs: tshark lists it, and captures through it what its filter and
    /// its settings let through.
    @Test func tsharkCapturesThroughExtcap() throws {
      try withTestbed { testbed in
        let folder = "\(testbed.directory)/.config/wireshark/extcap"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/packet-forwarder", withDestinationPath: try Tool.packetForwarder())
        let environment = Tool.environment.merging(["HOME": testbed.directory]) { $1 }
        let list = try testbed.start(["tshark", "-D"], in: testbed.collector, environment: environment)
        #expect(try list.wait(seconds: 20) == .status(0))
        #expect(list.output.contains("packet-forwarder (Mirrored traffic"), "\(list.output)\(list.errorOutput)")

        let tshark = try testbed.start(
          [
            "tshark", "-n", "-i", "packet-forwarder", "-f", "udp dst port 7001", "-c", "100",
            "-o", "extcap.packet_forwarder.vni:7", "-T", "fields", "-e", "udp.dstport", "-e", "udp.length",
          ], in: testbed.collector, environment: environment)
        try eventually("tshark to listen: \(tshark.errorOutput)") {
          try ReceiveProcess.queue(testbed) != nil || !tshark.isRunning
        }
        let forwarder = try forwarder(testbed, filter: "udp dst portrange 7000-7001", ["VNI": "7"])
        for port in ["7000", "7001"] {
          try testbed.runScript("udp_sender.py", [Testbed.Address.app, port, "100", "400", "5000"], in: testbed.peer)
        }
        #expect(try tshark.wait(seconds: 20) == .status(0), "\(tshark.errorOutput)")
        #expect(tshark.output == String(repeating: "7001\t408\n", count: 100))
        try eventually("the receiver to end with its reader") { try ReceiveProcess.queue(testbed) == nil }
        try forwarder.stop()
      }
    }
  }
}
