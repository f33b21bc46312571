import Foundation
import Synchronization
import System
import Testing
import Wire

@testable import Receiver

/// Real sockets on loopback; the kernel chooses the ports, so nothing outside can be in the way.
@Suite(.timeLimit(.minutes(1))) struct ReceiverTests {
  /// As the kernel stamps what it receives.
  private var now: UInt64 { UInt64(WallClock.nanosecondsSince1970) }

  @Test(arguments: ["127.0.0.1", "::1"])
  func framesArriveInOrderWithKernelTimestamps(host: String) throws {
    let before = now
    let received = try Loopback(host: host, ReceivePlan(limit: 200))
    let frames = (0..<200).map { [UInt8](repeating: UInt8($0), count: 14 + $0 * 7) }
    for frame in frames { received.sender.send(vxlan(vni: 5, frame)) }
    #expect(try received.receiver.finished() == .limitReached)
    #expect(received.frames.map(\.bytes) == frames)
    #expect(received.frames.allSatisfy { $0.vni == 5 })
    #expect(received.frames.allSatisfy { $0.timestamp >= before && $0.timestamp <= now })
    #expect(zip(received.frames, received.frames.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
  }

  /// One socket without a host takes both families.
  @Test func everyAddressIsBothFamilies() throws {
    let received = try Loopback(host: nil, ReceivePlan(limit: 2))
    let frame = [UInt8](repeating: 1, count: 20)
    for host in ["127.0.0.1", "::1"] {
      try Sender(host: host, port: received.receiver.port).send(vxlan(vni: 1, frame))
    }
    #expect(try received.receiver.finished() == .limitReached)
  }

  @Test(arguments: [("127.0.0.1", 65_507), ("::1", 65_527)])
  func theLargestDatagramIsWhole(host: String, size: Int) throws {
    let received = try Loopback(host: host, ReceivePlan(limit: 1))
    var generator = SeededGenerator(seed: 41)
    let frame = generator.bytes(size - 8)
    received.sender.send(vxlan(vni: 1, frame))
    #expect(try received.receiver.finished() == .limitReached)
    #expect(received.frames.map(\.bytes) == [frame])
  }

  /// RFC 6935: tunnels over IPv6 may leave the UDP checksum zero.
  @Test func aZeroChecksumOverIPv6IsTaken() throws {
    let received = try Loopback(host: "::1", ReceivePlan(limit: 1))
    received.sender.omitChecksum()
    received.sender.send(vxlan(vni: 1, [UInt8](repeating: 1, count: 20)))
    #expect(try received.receiver.finished() == .limitReached)
  }

  @Test func everyDatagramIsCountedOnce() throws {
    let received = try Loopback(host: "127.0.0.1", ReceivePlan(vnis: [3]))
    var generator = SeededGenerator(seed: 42)
    var expected = ReceiveCounters()
    for _ in 0..<500 {
      let vni: UInt32 = Bool.random(using: &generator) ? 3 : 4
      let datagram: [UInt8]
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        datagram = generator.bytes(Int.random(in: 0..<8, using: &generator))
        expected.truncated += 1
      case 1:
        datagram = vxlan(vni: vni, generator.bytes(30), flags: 0)
        expected.invalidHeaders += 1
      default:
        datagram = vxlan(vni: vni, generator.bytes(Int.random(in: 14...200, using: &generator)))
        if vni == 3 { expected.frames += 1 } else { expected.otherVNI += 1 }
        if vni == 3 { expected.frameBytes += UInt64(datagram.count - 8) }
      }
      expected.datagrams += 1
      expected.bytes += UInt64(datagram.count)
      received.sender.send(datagram)
    }
    received.receiver.stop()
    #expect(try received.receiver.finished() == .stopped)
    #expect(received.receiver.statistics.counters == expected)
    #expect(received.frames.count == Int(expected.frames))
  }

  /// What was queued before the stop is handed on: the socket is not read until the stop has already been asked for.
  @Test func aStopHandsOnWhatHadArrived() throws {
    try Loopback.waitForStamps()
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    for index in 0..<300 { sender.send(vxlan(vni: 1, [UInt8](repeating: UInt8(index & 0xFF), count: 14))) }
    let sent = now
    receiver.stop()
    let collected = Collected()
    try receiver.start(into: [ReceiveOutput("test", CollectingSink(collected: collected))])
    #expect(try receiver.finished() == .stopped)
    #expect(collected.frames.count == 300)
    // The times are the kernel's, not those of reading.
    #expect(collected.frames.allSatisfy { $0.timestamp <= sent })
    #expect(receiver.statistics.counters.frames == 300)
  }

  @Test func aStopWakesAWaitingReceiverAtOnce() throws {
    let received = try Loopback(host: "127.0.0.1")
    // The sink has been flushed: the receiver found nothing and is about to wait, or waits.
    try #require(received.collected.flushed.wait(milliseconds: 10_000))
    let start = MonotonicClock.milliseconds
    received.receiver.stop()
    #expect(try received.receiver.finished() == .stopped)
    #expect(MonotonicClock.milliseconds - start < 1_000)
  }

  /// Nobody reads while more is sent than a small buffer holds: what is missing is what the kernel says it dropped.
  @Test func kernelDropsAreCounted() throws {
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0), receiveBuffer: 16 << 10)
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    for _ in 0..<1000 { sender.send(vxlan(vni: 1, [UInt8](repeating: 1, count: 500))) }
    receiver.stop()
    try receiver.start(into: [])
    #expect(try receiver.finished() == .stopped)
    let counters = receiver.statistics.counters
    #expect(counters.kernelDropped > 0)
    #expect(counters.frames + counters.kernelDropped == 1000)
  }

  /// The write fails in the middle of a batch, with a frame in hand that the buffer has no room for: it was not
  /// delivered either.
  @Test func theFrameInHandWhenAWriteFailsIsUndelivered() throws {
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    for _ in 0..<60 { sender.send(vxlan(vni: 1, [UInt8](repeating: 1, count: 9_000))) }
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let output = ReceiveOutput("full", PcapngWriter(descriptor: full.fileDescriptor))
    try receiver.start(into: [output])
    #expect(try receiver.finished() == .outputsEnded)
    #expect(output.end == .failed(ReceiverError(.write, code: ENOSPC)))
    let counters = receiver.statistics.counters
    #expect(counters.frames == 0 && counters.frameBytes == 0)
    #expect(counters.undelivered == counters.datagrams && counters.undelivered > 20)
  }

  /// Also where the port is shared among one's own workers.
  @Test(arguments: [1, 2]) func aPortInUseIsAnError(workers: Int) throws {
    let first = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0), workers: workers)
    let port = first.port
    let error = #expect(throws: ReceiverError.self) {
      _ = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: port), workers: workers)
    }
    #expect(error == ReceiverError(.bind, code: EADDRINUSE))
    #expect(error?.reason == "Address already in use")
    #expect(first.receiveBufferSize > 0)
  }

  /// A reader that leaves ends receiving without an error, even if no frame comes any more.
  @Test func aLostReaderEndsReceiving() throws {
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    let output = ReceiveOutput("pipe", PcapngWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor))
    try receiver.start(into: [output])
    sender.send(vxlan(vni: 1, [UInt8](repeating: 1, count: 14)))
    // The section header is 52 bytes, the interface 52, the packet 48: flushed although the buffer is not full.
    let file = try read(52 + 52 + 48, from: pipe.fileHandleForReading.fileDescriptor)
    #expect(try PcapngReader(file).packets.count == 1)
    try pipe.fileHandleForReading.close()
    #expect(try receiver.finished() == .outputsEnded)
    #expect(output.end == .readerGone)
  }

  @Test func summariesArePrintedAsFramesArrive() throws {
    let pipe = Pipe()
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    let printer = SummaryPrinter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    try receiver.start(ReceivePlan(limit: 3), into: [ReceiveOutput("pipe", printer)])
    for vni in 1...3 as ClosedRange<UInt32> {
      sender.send(vxlan(vni: vni, hex("020000000002 020000000001 88b5")))
    }
    #expect(try receiver.finished() == .limitReached)
    try pipe.fileHandleForWriting.close()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 3)
    for (index, line) in lines.enumerated() {
      #expect(
        line.hasSuffix(
          " vni \(index + 1) 02:00:00:00:00:01 -> 02:00:00:00:00:02 ethertype 0x88b5 14 bytes"))
    }
  }

  /// Reads `count` bytes, each of which must come within ten seconds of the one before.
  private func read(_ count: Int, from descriptor: CInt) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      try #require(poll(&entry, 1, 10_000) == 1, "only \(bytes.count) bytes came")
      var part = [UInt8](repeating: 0, count: count - bytes.count)
      let size = Glibc.read(descriptor, &part, part.count)
      try #require(size > 0)
      bytes += part.prefix(size)
    }
    return bytes
  }
}
