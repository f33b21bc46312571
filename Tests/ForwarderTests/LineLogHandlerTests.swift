import Foundation
import Logging
import System
import Testing

@testable import Forwarder

@Suite(.timeLimit(.minutes(1))) struct LineLogHandlerTests {
  /// A message is one line: time, level, label, metadata, module, message.
  @Test func linesHaveTheUsualForm() throws {
    let pipe = Pipe()
    let output = try LineOutput(pipe.fileHandleForWriting.fileDescriptor, name: "test") { _, _ in }
    var logger = Logger(label: "packet-forwarder") { LineLogHandler(label: $0, output: output) }
    logger.logLevel = .notice
    logger.info("not shown")
    logger.notice("interface eth0\nis open")
    logger[metadataKey: "worker"] = "1"
    logger.error("gone", metadata: ["code": "5"])
    #expect(output.flush(by: MonotonicClock.milliseconds + 10_000))
    let lines = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).split(separator: "\n")
    try #require(lines.count == 2)
    let time = #/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} /#
    for line in lines { #expect(line.contains(time), "\(line)") }
    #expect(lines[0].hasSuffix(" notice packet-forwarder: [ForwarderTests] interface eth0 is open"))
    #expect(lines[1].hasSuffix(" error packet-forwarder: code=5 worker=1 [ForwarderTests] gone"))
  }

  /// LOG_FORMAT=json: one object a line, whatever the message holds.
  @Test func jsonLinesAreObjects() throws {
    let pipe = Pipe()
    let output = try LineOutput(pipe.fileHandleForWriting.fileDescriptor, name: "test") { _, _ in }
    let logger = Logger(label: "packet-forwarder") { LineLogHandler(label: $0, format: .json, output: output) }
    logger.warning("a \"name\"\nin two lines", metadata: ["code": "5"])
    logger.info("plain")
    #expect(output.flush(by: MonotonicClock.milliseconds + 10_000))
    let lines = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).split(separator: "\n")
    try #require(lines.count == 2)
    let objects = try lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects[0]["message"] as? String == "a \"name\"\nin two lines")
    #expect(objects[0]["level"] as? String == "warning")
    #expect(objects[0]["logger"] as? String == "packet-forwarder")
    #expect(objects[0]["source"] as? String == "ForwarderTests")
    #expect(objects[0]["metadata"] as? [String: String] == ["code": "5"])
    #expect((objects[0]["time"] as? String)?.contains(#/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/#) == true)
    #expect(objects[1]["metadata"] == nil)
  }
}
