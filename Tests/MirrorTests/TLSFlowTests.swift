import TestSupport
import Testing
import Wire

@testable import Mirror

/// ENCRYPTED on TLS: whatever comes how it may, nothing but application data of a connection on which both sides send some is
/// withheld.
@Suite(.timeLimit(.minutes(2))) struct TLSFlowTests {
  private static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [type, 3, 3] + bigEndian(UInt16(body.count)) + body
  }

  private static func hello(_ message: UInt8, _ random: inout SeededGenerator, _ count: Int = 300) -> [UInt8] {
    record(22, [message, 0] + bigEndian(UInt16(count)) + random.bytes(count))
  }

  /// A connection: what each side sends, and where the application data of each begins.
  struct Connection {
    var client: [UInt8] = []
    var server: [UInt8] = []
    /// For each byte whether it is of a record of application data, its header included.
    var isClientData: [Bool] = []
    var isServerData: [Bool] = []

    mutating func send(_ side: FlowStream.Side, _ record: [UInt8]) {
      let isData = [Bool](repeating: record[0] == 23, count: record.count)
      if side == .client {
        client += record
        isClientData += isData
      } else {
        server += record
        isServerData += isData
      }
    }
  }

  static func connection(_ random: inout SeededGenerator, records: Int, alerts: Bool = true, longest: Int = 16_401)
    -> Connection
  {
    var made = Connection()
    made.send(.client, hello(1, &random, random.pick([300, 1_700])))
    made.send(.server, hello(2, &random, 100))
    made.send(.server, record(22, [11] + random.bytes(3_000)))
    made.send(.client, record(20, [1]))
    made.send(.client, record(22, random.bytes(40)))
    made.send(.server, record(20, [1]))
    made.send(.server, record(22, random.bytes(40)))
    for number in 0..<records {
      let side: FlowStream.Side = random.chance(4) || number == 0 ? .client : .server
      let size = min(random.pick([1, 30, random.int(0...500), random.int(1...16_384), 16_401]), longest)
      made.send(side, record(23, random.bytes(size)))
      if alerts, random.chance(30) {
        made.send(side, record(random.pick([21, 22, 20]), random.bytes(random.int(1...40))))
      }
    }
    made.send(.server, record(21, random.bytes(26)))
    return made
  }

  private var rules: FlowRules {
    var rules = FlowRules()
    rules.encrypted = .handshake
    return rules
  }

  /// Sends the handshake in order, and the rest of it in pieces that are reordered, repeated and lost; counts bytes.
  private func run(
    seed: UInt64, longest: Int, disorder: Bool, policy: EncryptedPolicy = .handshake
  ) throws -> (withheld: Int, data: Int) {
    var random = SeededGenerator(seed: seed)
    // A byte at a time takes long.
    let made =
      longest < 100
      ? Self.connection(&random, records: 40, longest: 200) : Self.connection(&random, records: 100)
    var rules = rules
    rules.encrypted = policy
    let stream = try FlowStream(rules, starts: (UInt32.max - 5_000, UInt32.max - 100_000))
    var pieces: [FlowStream.Piece] = []
    // What begins like a ClientHello has to be in one segment.
    let client: [(offset: Int, payload: [UInt8])] =
      [(offset: 0, payload: made.client.slice(0, 9))]
      + cut(Array(made.client.dropFirst(9)), upTo: longest, &random).map {
        (offset: $0.offset + 9, payload: $0.payload)
      }
    let server = cut(made.server, upTo: longest, &random)
    var (c, s) = (0, 0)
    while c < client.count || s < server.count {
      // The ClientHello first, then in turns.
      let isClient = c < client.count && (c == 0 || client[c - 1].offset < 300 || s == server.count || random.chance(3))
      if isClient {
        let seen = s == 0 ? 0 : server[s - 1].offset + server[s - 1].payload.count
        pieces.append(.init(side: .client, offset: client[c].offset, payload: client[c].payload, acknowledged: seen))
        c += 1
      } else {
        let seen = c == 0 ? 0 : client[c - 1].offset + client[c - 1].payload.count
        pieces.append(.init(side: .server, offset: server[s].offset, payload: server[s].payload, acknowledged: seen))
        s += 1
      }
    }
    if disorder {
      for index in 1..<pieces.count - 1 where random.chance(12) { pieces.swapAt(index, index + 1) }
      for index in stride(from: pieces.count - 1, to: 0, by: -1) {
        if random.chance(40) { pieces.insert(pieces[index], at: min(pieces.count, index + random.int(1...8))) }
        if random.chance(60) { pieces.remove(at: index) }
      }
    }
    var (withheld, data) = (0, 0)
    for piece in pieces {
      let kinds = piece.side == .client ? made.isClientData : made.isServerData
      let isData = kinds[piece.offset..<piece.offset + piece.payload.count].allSatisfy { $0 }
      if isData { data += piece.payload.count }
      let verdict = stream.judge(piece)
      guard verdict.isWithheld else { continue }
      withheld += piece.payload.count
      if policy == .handshake { #expect(isData, "seed \(seed): \(piece.side) at \(piece.offset)") }
    }
    return (withheld, data)
  }

  @Test(arguments: [1, 7, 100, 1_448, 9_000, 65_000]) func inOrderAllOfTheDataIsWithheld(longest: Int) throws {
    for seed in UInt64(0)..<2 {
      let (withheld, data) = try run(seed: seed * 100 + UInt64(longest), longest: longest, disorder: false)
      // But what comes before both sides have begun.
      #expect(withheld <= data)
      if longest < 9_000 { #expect(withheld * 10 > data * (longest < 100 ? 5 : 8), "\(withheld) of \(data)") }
    }
  }

  @Test(arguments: [100, 1_448, 9_000]) func inDisorderNothingElseIs(longest: Int) throws {
    var (withheld, data) = (0, 0)
    for seed in UInt64(0)..<4 {
      let one = try run(seed: 7_000 + seed, longest: longest, disorder: true)
      withheld += one.withheld
      data += one.data
    }
    #expect(withheld * 10 > data, "\(withheld) of \(data): it is never found again")
  }

  /// Every place at which a header can be cut in two.
  @Test func everySplitOfAnAlert() throws {
    var random = SeededGenerator(seed: 91)
    var made = Self.connection(&random, records: 3, alerts: false)
    made.send(.client, Self.record(23, random.bytes(50)))
    made.send(.server, Self.record(23, random.bytes(50)))
    let start = made.server.count
    made.send(.server, Self.record(23, random.bytes(40)))
    made.send(.server, Self.record(21, random.bytes(26)))
    made.send(.server, Self.record(23, random.bytes(40)))
    for split in start..<made.server.count {
      let stream = try FlowStream(rules)
      _ = stream.judge(.init(side: .client, offset: 0, payload: made.client, acknowledged: 0))
      _ = stream.judge(
        .init(side: .server, offset: 0, payload: made.server.slice(0, start), acknowledged: made.client.count))
      for (from, to) in [(start, split), (split, made.server.count)] where to > from {
        let isData = made.isServerData[from..<to].allSatisfy { $0 }
        let verdict = stream.judge(
          .init(side: .server, offset: from, payload: made.server.slice(from, to - from), acknowledged: 0))
        #expect(verdict.isWithheld == isData, "split at \(split - start), \(from - start)...")
      }
    }
  }

  /// SYN, FIN, RST and the first acknowledgement of what was mirrored pass, others do not.
  @Test func milestonesAndAcknowledgements() throws {
    var random = SeededGenerator(seed: 92)
    var made = Self.connection(&random, records: 0)
    made.send(.client, Self.record(23, random.bytes(50)))
    made.send(.server, Self.record(23, random.bytes(50)))
    let more = Self.record(23, random.bytes(500))
    let stream = try FlowStream(rules)
    let (client, server) = (made.client.count, made.server.count)
    #expect(stream.judge(.init(side: .client, offset: 0, payload: made.client, acknowledged: 0)).isMirrored)
    #expect(stream.judge(.init(side: .server, offset: 0, payload: made.server, acknowledged: client)).isMirrored)
    func pure(_ acknowledged: Int, _ flags: UInt8 = TCPHeader.ack) -> FlowStream.Piece {
      .init(side: .client, offset: client, payload: [], acknowledged: acknowledged, flags: flags)
    }
    #expect(stream.judge(pure(server)).isMirrored)
    #expect(stream.judge(.init(side: .server, offset: server, payload: more, acknowledged: client)).isWithheld)
    #expect(stream.judge(pure(server)).isWithheld)
    #expect(stream.judge(pure(server + more.count)).isWithheld)
    #expect(stream.judge(pure(server + more.count, TCPHeader.ack | TCPHeader.rst)).isMirrored)
    #expect(stream.judge(pure(server + more.count, TCPHeader.ack | TCPHeader.fin)).isMirrored)
  }

  /// What looks like a ClientHello and is answered otherwise, and what turns out to be no TLS later.
  @Test func whatIsNotCertainIsMirrored() throws {
    var random = SeededGenerator(seed: 93)
    for answer in [Array("HTTP/1.1 200 OK\r\n\r\n".utf8), Self.record(23, random.bytes(100)), random.bytes(400)] {
      let stream = try FlowStream(rules)
      let hello = Self.hello(1, &random)
      _ = stream.judge(.init(side: .client, offset: 0, payload: hello, acknowledged: 0))
      var (client, server) = (hello.count, 0)
      for number in 0..<20 {
        let payload = number == 0 ? answer : Self.record(23, random.bytes(300))
        #expect(
          stream.judge(.init(side: .server, offset: server, payload: payload, acknowledged: client)).isMirrored)
        server += payload.count
        let back = Self.record(23, random.bytes(30))
        #expect(stream.judge(.init(side: .client, offset: client, payload: back, acknowledged: server)).isMirrored)
        client += back.count
      }
    }
    // STARTTLS: plaintext before it.
    let made = Self.connection(&random, records: 50, alerts: false)
    let stream = try FlowStream(rules)
    _ = stream.judge(.init(side: .server, offset: 0, payload: Array("220 ready\r\n".utf8), acknowledged: 0))
    _ = stream.judge(.init(side: .client, offset: 0, payload: Array("STARTTLS\r\n".utf8), acknowledged: 11))
    _ = stream.judge(.init(side: .server, offset: 11, payload: Array("220 go\r\n".utf8), acknowledged: 10))
    _ = stream.judge(.init(side: .client, offset: 10, payload: made.client, acknowledged: 19))
    _ = stream.judge(.init(side: .server, offset: 19, payload: made.server.slice(0, 20_000), acknowledged: 10))
    let rest = made.server.slice(20_000, made.server.count - 20_000 - 31)
    #expect(stream.judge(.init(side: .server, offset: 20_019, payload: rest, acknowledged: 10)).isWithheld)
  }

  /// A place that was lost is found by a row of headers, however long that is; but what is made of headers that lead to
  /// nothing is not followed without end, and mirrored.
  @Test(arguments: [2, 2_900]) func aSearchIsBounded(decoys: Int) throws {
    var random = SeededGenerator(seed: 96)
    let made = Self.connection(&random, records: 40, alerts: false)
    let tiny = Self.record(23, [0])
    for isDecoy in [false, true] {
      let stream = try FlowStream(rules)
      _ = stream.judge(.init(side: .client, offset: 0, payload: made.client, acknowledged: 0))
      _ = stream.judge(.init(side: .server, offset: 0, payload: made.server, acknowledged: 0))
      // A header was skipped.
      var offset = made.server.count + 70_000
      var payload = [UInt8]()
      for _ in 0..<decoys { payload += tiny }
      if isDecoy { payload += [0] }
      for _ in 0..<3 { payload += Self.record(23, random.bytes(15_000)) }
      #expect(stream.judge(.init(side: .server, offset: offset, payload: payload, acknowledged: 0)).isMirrored)
      offset += payload.count
      let next = FlowStream.Piece(
        side: .server, offset: offset, payload: Self.record(23, random.bytes(100)), acknowledged: 0)
      #expect(stream.judge(next).isWithheld == (!isDecoy || decoys < 100))
    }
  }

  /// `none` begins with the answer to the ClientHello.
  @Test func noneIsMirrored() throws {
    var random = SeededGenerator(seed: 94)
    let made = Self.connection(&random, records: 10)
    var rules = rules
    rules.encrypted = .none
    let stream = try FlowStream(rules)
    #expect(stream.judge(.init(side: .client, offset: 0, payload: made.client, acknowledged: 0)).isMirrored)
    #expect(stream.judge(.init(side: .server, offset: 0, payload: made.server, acknowledged: 0)).isWithheld)
    #expect(
      stream.judge(.init(side: .client, offset: made.client.count, payload: [], acknowledged: 9)).isWithheld)
    let end = FlowStream.Piece(
      side: .client, offset: made.client.count, payload: [], acknowledged: 9, flags: TCPHeader.ack | TCPHeader.fin)
    #expect(stream.judge(end).isMirrored)
  }

  /// Another connection with the same ports.
  @Test func aSYNBeginsAnew() throws {
    var random = SeededGenerator(seed: 95)
    let made = Self.connection(&random, records: 40, alerts: false)
    let stream = try FlowStream(rules)
    _ = stream.judge(.init(side: .client, offset: 0, payload: made.client, acknowledged: 0))
    _ = stream.judge(.init(side: .server, offset: 0, payload: made.server, acknowledged: 0))
    let data = FlowStream.Piece(
      side: .server, offset: made.server.count, payload: Self.record(23, random.bytes(99)), acknowledged: 0)
    #expect(stream.judge(data).isWithheld)
    stream.open()
    #expect(stream.judge(data).isMirrored)
  }
}
