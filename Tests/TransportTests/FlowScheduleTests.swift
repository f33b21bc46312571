import TestSupport
import Testing
import Wire

@testable import Transport

/// The order of sending, over random blocks: no flow is reordered, nothing is lost or doubled, and each batch is one that
/// UDP_SEGMENT takes.
@Suite struct FlowScheduleTests {
  private struct Sent {
    var sequence: UInt32
    var size: Int
    var flow: UInt8
  }

  private func datagram(_ sequence: Int, size: Int, flow: UInt8) -> QueuedDatagram {
    // The queue never looks at payload.
    let payload = UnsafeRawPointer(bitPattern: 1)!
    let head = size / 3
    return QueuedDatagram(
      head: payload, tail: payload, headByteCount: UInt32(head), tailByteCount: UInt32(size - head),
      frame: UInt32(sequence), flow: flow, next: -1)
  }

  private struct Limits {
    var count = Batch.capacity
    var bytes = DatagramSender.maximumSendByteCount
  }

  /// Takes batches of a lane until it is empty; checks each.
  private func drain(
    _ queue: inout DatagramQueue, _ schedule: inout FlowSchedule, lane: Int, _ limits: Limits = Limits()
  ) throws -> [[Sent]] {
    var batches: [[Sent]] = []
    var batch = Batch()
    schedule.load(queue.takeLane(lane), of: &queue)
    while !schedule.isEmpty {
      schedule.takeBatch(of: queue, maximumCount: limits.count, maximumByteCount: limits.bytes, into: &batch)
      let sent = (0..<batch.count).map { position in
        let datagram = queue[batch[position]]
        return Sent(sequence: datagram.frame, size: datagram.byteCount, flow: datagram.flow)
      }
      try #require(!sent.isEmpty && sent.count <= max(1, limits.count))
      try #require(sent.dropLast().allSatisfy { $0.size == batch.size })
      try #require(sent[sent.count - 1].size <= batch.size)
      try #require(sent[0].size == batch.size)
      if sent.count > 1 { try #require(sent.reduce(0) { $0 + $1.size } <= limits.bytes) }
      batches.append(sent)
    }
    return batches
  }

  /// Every flow in its order, and each of `expected` once.
  private func check(_ sent: [Sent], _ expected: Set<UInt32>, _ note: String) throws {
    try #require(sent.count == expected.count, "\(note)")
    try #require(Set(sent.map(\.sequence)) == expected, "\(note)")
    var last: [UInt8: UInt32] = [:]
    for datagram in sent {
      if let previous = last[datagram.flow] { try #require(previous < datagram.sequence, "\(note)") }
      last[datagram.flow] = datagram.sequence
    }
  }

  @Test func randomBlocks() throws {
    var random = SeededGenerator(seed: 21)
    for round in 0..<400 {
      let laneCount = random.int(1...4)
      var queue = DatagramQueue(laneCount: laneCount)
      var schedule = FlowSchedule()
      let flowCount = random.pick([1, 2, 5, 40, 256])
      let sizes = (0..<random.pick([1, 2, 3, 10, 300])).map { _ in
        random.pick([random.int(50...200), random.int(50...1_500), random.int(50...9_000), 60_000])
      }
      var limits = Limits()
      if random.chance(3) { limits.count = random.int(1...64) }
      if random.chance(3) { limits.bytes = random.pick([1, 1_000, 20_000, Int.max]) }
      // Two blocks through one queue: emptying it leaves nothing behind.
      for _ in 0..<2 {
        var expected = [Set<UInt32>](repeating: [], count: laneCount)
        for sequence in 0..<random.int(1...600) {
          let flow = UInt8(random.int(0...flowCount - 1))
          let lane = Int(flow) % laneCount
          queue.append(datagram(sequence, size: random.pick(sizes), flow: flow), lane: lane)
          expected[lane].insert(UInt32(sequence))
        }
        for lane in 0..<laneCount {
          let sent = try drain(&queue, &schedule, lane: lane, limits).flatMap { $0 }
          try check(sent, expected[lane], "round \(round), lane \(lane)")
        }
        queue.removeAll()
      }
    }
  }

  /// As many sizes as flows can be told apart, and new ones with every datagram: as bad as it gets.
  @Test func everyDatagramOfAnotherSize() throws {
    var queue = DatagramQueue(laneCount: 1)
    var schedule = FlowSchedule()
    for sequence in 0..<2_048 {
      queue.append(datagram(sequence, size: 100 + sequence, flow: UInt8(sequence % 256)), lane: 0)
    }
    let sent = try drain(&queue, &schedule, lane: 0).flatMap { $0 }
    try check(sent, Set(0..<2_048), "ascending")
    queue.removeAll()
    for sequence in 0..<2_048 {
      queue.append(datagram(sequence, size: 3_000 - sequence, flow: UInt8(sequence % 256)), lane: 0)
    }
    try check(try drain(&queue, &schedule, lane: 0).flatMap { $0 }, Set(0..<2_048), "descending")
  }

  /// Requests and responses of 128 connections: first come, first served would need 256 sends.
  @Test func alternatingSizesShareBatches() throws {
    var queue = DatagramQueue(laneCount: 1)
    var schedule = FlowSchedule()
    for flow in 0..<128 {
      queue.append(datagram(2 * flow, size: 200, flow: UInt8(flow)), lane: 0)
      queue.append(datagram(2 * flow + 1, size: 900, flow: UInt8(flow)), lane: 0)
    }
    let batches = try drain(&queue, &schedule, lane: 0)
    #expect(batches.count <= 6, "\(batches.map(\.count))")
  }

  /// Requests and responses on 32 connections, as a ring block of an HTTP API holds them: 1,024 frames of four sizes.
  @Test func aBlockOfHTTP() throws {
    var queue = DatagramQueue(laneCount: 1)
    var schedule = FlowSchedule()
    for frame in 0..<1_024 {
      let turn = frame / 32
      let payload = turn.isMultiple(of: 2) ? 120 : [550, 1_250, 4_250][(turn / 2 + frame) % 3]
      let flow = FlowHash(value: FlowHash.mix(UInt64(frame % 32)))
      queue.append(datagram(frame, size: 8 + payload, flow: UInt8(truncatingIfNeeded: flow.value >> 32)), lane: 0)
    }
    let batches = try drain(&queue, &schedule, lane: 0)
    #expect(batches.count <= 76, "\(batches.count) sends")
  }

  /// Sizes that no two datagrams share, side by side or so far apart that they meet in `SizeClasses`: a datagram costs a
  /// few looks at classes all the same, not one at each of 256.
  @Test(arguments: [1, 257, 8_192]) func manySizesCostNoMore(step: Int) throws {
    var queue = DatagramQueue(laneCount: 1)
    var schedule = FlowSchedule()
    let count = 2_048
    for sequence in 0..<count {
      let size = step == 8_192 ? 100 + sequence % 8 * step + sequence / 8 : 100 + sequence * step % 60_000
      queue.append(datagram(sequence, size: size, flow: UInt8(sequence % 256)), lane: 0)
    }
    let sent = try drain(&queue, &schedule, lane: 0).flatMap { $0 }
    try check(sent, Set(0..<UInt32(count)), "step \(step)")
    // For each of the two searches of a batch, and up to eight sizes in a slot when a class is found and given up.
    #expect(schedule.looks <= (2 * SizeClasses.maximumLooks + 2 * 8) * count, "\(schedule.looks) looks")
  }

  /// 64 datagrams at most, and the byte limit is met exactly or not at all.
  @Test(arguments: [(1_000, 64), (1_023, 64), (1_024, 63), (2_000, 32), (65_507, 1), (65_508, 1)])
  func limits(size: Int, count: Int) throws {
    var queue = DatagramQueue(laneCount: 1)
    var schedule = FlowSchedule()
    for sequence in 0..<100 { queue.append(datagram(sequence, size: size, flow: 0), lane: 0) }
    #expect(try drain(&queue, &schedule, lane: 0)[0].count == count)
  }
}
