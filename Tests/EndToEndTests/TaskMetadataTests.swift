import Foundation
import Glibc
import Testing

extension EndToEndBeside {
  /// A forwarder that asks ECS what task it is.
  @Suite struct TaskMetadata {
    private static let address = "169.254.170.2"

    private func bench(_ testbed: Testbed, endpoint kind: String, _ more: [String: String]) throws -> (
      FaultBench, Subprocess
    ) {
      try testbed.app.ip("address add \(Self.address)/32 dev lo")
      let endpoint = try testbed.startScript("task_metadata.py", [Self.address, "80", kind], in: testbed.app)
      let settings = [
        "ECS_CONTAINER_METADATA_URI_V4": "http://\(Self.address)/v4/0a1b", "SANDBOX": "require", "METRICS": ":9749",
        "REPORTS": "on",
      ]
      return (try FaultBench(testbed, .ring, settings.merging(more) { $1 }), endpoint)
    }

    private struct Line: Decodable {
      struct Sender: Decodable {
        var task: String?
        var zone: String?
      }
      var task: String?
      var zone: String?
      var senders: [Sender]?
    }

    private func last(_ output: String) throws -> Line {
      let line = try #require(output.split(separator: "\n").last)
      return try JSONDecoder().decode(Line.self, from: Data(line.utf8))
    }

    /// It is in the log, the statistics, the figures, and told to the collector; under `any` the question is not mirrored.
    @Test(arguments: ["good", "late"]) func itIsKnownEverywhere(_ kind: String) throws {
      try withTestbed { testbed in
        let id = "0123456789abcdef0123456789abcdef"
        let receiver = try ReceiveProcess(["--count-only", "--metrics", ":9750"], testbed: testbed)
        let (bench, endpoint) = try bench(testbed, endpoint: kind, ["INTERFACE": "any", "BPF_FILTER": "tcp port 80"])
        try bench.awaitLog("task \(id) of orders-service in cluster prod in zone eu-west-1b", within: 20)
        #expect(endpoint.output.hasPrefix("ready\nGET /v4/0a1b/task HTTP/1.0\n"))
        let labels = "cluster=\"prod\",family=\"orders\",service=\"orders-service\",task=\"\(id)\",zone=\"eu-west-1b\""
        let scrape = try Scrape(Testbed.metrics + "/metrics", from: testbed.peer, testbed)
        #expect(scrape.figures["packet_forwarder_task_info{\(labels)}"] == 1)
        try eventually("a report with the task") {
          try Scrape("http://\(Testbed.Address.collector):9750/metrics", from: testbed.app, testbed).figures.keys
            .contains {
              $0.hasPrefix("packet_forwarder_receive_sender_info{") && $0.contains("task=\"\(id)\",")
                && $0.contains("zone=\"eu-west-1b\"")
            }
        }
        let output = try bench.forwarder.stop()
        let line = try last(output)
        #expect(line.task == id && line.zone == "eu-west-1b")
        // Its own question, and the answers, are those of a metadata endpoint.
        #expect(try StatisticsLine.lines(of: output).last?.total.capturedPackets == 0)
        receiver.process.signal(SIGTERM)
        #expect(try receiver.process.wait(seconds: 5) == .status(0))
        let sender = try #require(try last(receiver.process.output).senders?.first)
        #expect(sender.task == id && sender.zone == "eu-west-1b")
      }
    }

    /// An endpoint that says nothing, or does not stop, holds up neither the start nor the end, and what is mirrored is.
    @Test(arguments: ["mute", "junk"]) func anEndpointThatDoesNotDoItsPart(_ kind: String) throws {
      try withTestbed { testbed in
        let (bench, endpoint) = try bench(testbed, endpoint: kind, [:])
        try bench.send(1_000)
        try eventually("a second question", within: 20) {
          endpoint.output.components(separatedBy: "GET /v4/0a1b/task").count > 2
        }
        let process = bench.forwarder.process.processID
        #expect(try Footprint(of: process).memory < 96 << 10)
        let output = try bench.forwarder.stop()
        let line = try last(output)
        #expect(line.task == nil && line.zone == nil)
        #expect(try StatisticsLine.lines(of: output).last?.total.forwardedPackets == 1_000)
      }
    }

    /// Whatever else stands in the variable is left alone, with one line.
    @Test func aVariableThatIsNoAddress() throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, .ring, ["ECS_CONTAINER_METADATA_URI_V4": "http://metadata.example/v4"])
        try bench.awaitLog("ECS_CONTAINER_METADATA_URI_V4=http://metadata.example/v4 is left alone: it takes http://")
        try bench.send(100)
        #expect(try bench.forwarder.stopWithTotal().forwardedPackets == 100)
      }
    }
  }
}
