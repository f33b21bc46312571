import TestSupport
import Testing
import Wire

@testable import Mirror

/// FLOW_DEPTH: every head, and every byte that is not beyond the depth in a body whose end is known, is mirrored.
@Suite(.timeLimit(.minutes(2))) struct HTTPDepthTests {
  private static let depth = 10_000

  private var rules: FlowRules {
    var rules = FlowRules()
    rules.depth = Self.depth
    return rules
  }

  /// What server and client of a connection send; which bytes of the server may be withheld.
  private struct Exchange {
    var client: [UInt8] = []
    var server: [UInt8] = []
    var mayBeWithheld: [Bool] = []
    /// For each response, how many bytes the client has sent when it begins, and where it begins and ends.
    var responses: [(sent: Int, range: Range<Int>)] = []

    mutating func add(_ request: String, body: [UInt8] = [], _ head: String, _ content: [UInt8], cut: Bool) {
      client += Array(request.utf8) + body
      let start = server.count
      server += Array(head.utf8) + content
      mayBeWithheld += [Bool](repeating: false, count: head.utf8.count)
      let kept = Self.kept(head.utf8.count)
      mayBeWithheld += content.indices.map { cut && $0 >= kept }
      responses.append((client.count, start..<server.count))
    }

    /// A tenth less than the depth.
    private static func kept(_ head: Int) -> Int { max(0, HTTPDepthTests.depth * 9 / 10 - head) }
  }

  private func exchange(_ random: inout SeededGenerator, requests: Int) -> Exchange {
    var made = Exchange()
    for _ in 0..<requests {
      let size = random.pick([0, 10, 5_000, random.int(0...60_000), 60_000])
      let body = random.bytes(size)
      let fields = random.pick([
        "", "Server: x\r\n", "X-Length: 5\r\nContent-Type: text/plain\r\n", "\u{63}ontent: 9\r\n",
      ])
      switch random.int(0...7) {
      case 0:
        made.add(
          "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(size)\r\n\r\n", [],
          cut: false)
      case 1:
        made.add("GET /b HTTP/1.1\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", [], cut: false)
      case 2:
        // In chunks: mirrored whole.
        var chunks: [UInt8] = []
        for piece in cut(body, upTo: 20_000, &random) {
          chunks += Array("\(String(piece.payload.count, radix: 16));x=1\r\n".utf8) + piece.payload + [13, 10]
        }
        made.add(
          "GET /c HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\(fields)\r\n",
          chunks + Array("0\r\nTrailer: 1\r\n\r\n".utf8), cut: false)
      case 3:
        let sent = random.bytes(random.int(0...30_000))
        made.add(
          "PUT /d HTTP/1.1\r\nContent-Length: \(sent.count)\r\nExpect: 100-continue\r\n\r\n", body: sent,
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length:\(size)  \r\n\r\n", body, cut: true)
      case 4:
        made.add(
          "POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nCONTENT-LENGTH: \(size)\r\n\(fields)\r\n", body, cut: true)
      default:
        made.add(
          "GET /f HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\(fields)\r\n", body,
          cut: true)
      }
    }
    return made
  }

  private func run(_ made: Exchange, seed: UInt64, longest: Int, pipelined: Int, disorder: Bool) throws -> Int {
    var random = SeededGenerator(seed: seed)
    let stream = try FlowStream(rules, starts: (UInt32.max - 100, UInt32.max - 150_000))
    if random.chance(2) { stream.open() }
    var withheld = 0
    var sent = 0
    var next = 0
    while next < made.responses.count {
      let group = next..<min(next + pipelined, made.responses.count)
      let end = made.responses[group.upperBound - 1].sent
      for piece in cut(made.client.slice(sent, end - sent), upTo: longest, &random) {
        let whole = FlowStream.Piece(
          side: .client, offset: sent + piece.offset, payload: piece.payload,
          acknowledged: made.responses[next].range.lowerBound)
        #expect(stream.judge(whole).isMirrored)
      }
      sent = end
      let range = made.responses[next].range.lowerBound..<made.responses[group.upperBound - 1].range.upperBound
      var pieces = cut(made.server.slice(range.lowerBound, range.count), upTo: longest, &random)
      if disorder {
        for index in 0..<max(0, pieces.count - 1) where random.chance(10) { pieces.swapAt(index, index + 1) }
        for index in stride(from: pieces.count - 1, through: 0, by: -1) where random.chance(30) {
          pieces.insert(pieces[index], at: min(pieces.count, index + random.int(1...5)))
        }
      }
      for piece in pieces {
        let offset = range.lowerBound + piece.offset
        let verdict = stream.judge(
          .init(side: .server, offset: offset, payload: piece.payload, acknowledged: sent))
        var kept = piece.payload.count
        if case .withheld = verdict { kept = 0 }
        if case .shortened(let count) = verdict { kept = count }
        withheld += piece.payload.count - kept
        let lost = made.mayBeWithheld[offset + kept..<offset + piece.payload.count]
        #expect(lost.allSatisfy { $0 }, "seed \(seed): of \(piece.payload.count) at \(offset) only \(kept)")
      }
      next = group.upperBound
    }
    return withheld
  }

  @Test(arguments: [1, 8]) func everyHeadIsMirrored(pipelined: Int) throws {
    for seed in UInt64(0)..<5 {
      var random = SeededGenerator(seed: 3_000 + seed)
      let made = exchange(&random, requests: 12)
      let possible = made.mayBeWithheld.count { $0 }
      for longest in [3_000, 65_000] {
        let withheld = try run(made, seed: seed, longest: longest, pipelined: pipelined, disorder: false)
        // A tenth of the depth for chance, and a segment at each border; of super-frames more is in those.
        if longest == 3_000 {
          #expect(withheld + made.responses.count * 9_000 > possible, "\(withheld) of \(possible)")
        }
        _ = try run(made, seed: seed, longest: longest, pipelined: pipelined, disorder: true)
      }
    }
  }

  /// One byte at a time.
  @Test func everySplit() throws {
    var random = SeededGenerator(seed: 3_100)
    var made = Exchange()
    made.add(
      "GET / HTTP/1.1\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 12000\r\n\r\n", random.bytes(12_000), cut: true)
    made.add("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n", [1, 2, 3], cut: false)
    #expect(try run(made, seed: 1, longest: 1, pipelined: 1, disorder: false) > 1_000)
    #expect(try run(made, seed: 1, longest: 2, pipelined: 2, disorder: false) > 1_000)
  }

  /// Whatever two readers may read differently, nothing is withheld of it, nor of what follows.
  @Test(arguments: [
    "Content-Length: 20000\r\nContent-Length: 20001", "Content-Length: 20000\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 20000", "Content-Length : 20000", "Content-Length: 20000, 20000",
    "Content-Length: +20000", "Content-Length: 0x4e20", "Content-Length: 20000\r\n folded: 1",
    "Transfer-Encoding: gzip, chunked", "Transfer-Encoding:\r\n chunked", "Content-Length: 99999999999999999999",
    "\u{1}Content-Length: 20000", "Content-Length:", "Content Length: 20000",
  ])
  func hostileHeads(_ fields: String) throws {
    var random = SeededGenerator(seed: 3_200)
    let stream = try FlowStream(rules)
    let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
    _ = stream.judge(.init(side: .client, offset: 0, payload: request, acknowledged: 0))
    var offset = 0
    for payload in [Array("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n".utf8)] + (0..<40).map({ _ in random.bytes(1_000) }) {
      #expect(
        stream.judge(.init(side: .server, offset: offset, payload: payload, acknowledged: request.count)).isMirrored)
      offset += payload.count
    }
  }

  /// Nothing but TLS, HTTP/2 or a protocol whose opener nobody saw.
  @Test func whatIsNotCut() throws {
    var random = SeededGenerator(seed: 3_300)
    for (start, isOpened) in [
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true), ("\u{1}\u{2}", false),
      ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", true),
    ] {
      let stream = try FlowStream(rules)
      if isOpened { stream.open() }
      _ = stream.judge(.init(side: .client, offset: 0, payload: Array(start.utf8), acknowledged: 0))
      let answer = Array("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8)
      _ = stream.judge(.init(side: .server, offset: 0, payload: answer, acknowledged: start.utf8.count))
      for number in 0..<40 {
        let piece = FlowStream.Piece(
          side: .server, offset: answer.count + number * 1_000, payload: random.bytes(1_000),
          acknowledged: start.utf8.count)
        #expect(stream.judge(piece).isMirrored)
      }
    }
  }

  /// A protocol that is not known: each time that the client speaks, so much of the answer.
  @Test func turns() throws {
    var random = SeededGenerator(seed: 3_400)
    let stream = try FlowStream(rules)
    stream.open()
    var (client, server) = (0, 0)
    for _ in 0..<5 {
      #expect(stream.judge(.init(side: .client, offset: client, payload: [1, 2], acknowledged: server)).isMirrored)
      client += 2
      var mirrored = 0
      for _ in 0..<30 {
        let verdict = stream.judge(
          .init(side: .server, offset: server, payload: random.bytes(1_000), acknowledged: client))
        if verdict.isMirrored { mirrored += 1_000 }
        if case .shortened(let count) = verdict { mirrored += count }
        server += 1_000
      }
      #expect((9_000...11_000).contains(mirrored), "\(mirrored)")
    }
  }

  /// No bytes crash it, and the table keeps its size.
  @Test func anyBytes() throws {
    var random = SeededGenerator(seed: 3_500)
    var rules = rules
    (rules.encrypted, rules.side, rules.tableByteCount) = (.handshake, .accepted, 1)
    let stream = try FlowStream(rules)
    var random2 = SeededGenerator(seed: 3_501)
    let seeds = [
      TLSFlowTests.connection(&random2, records: 3).server, exchange(&random2, requests: 4).server,
      exchange(&random2, requests: 4).client, Array("SSH-2.0-x\r\n".utf8) + [0, 0, 0, 12, 10, 21] + random2.bytes(50),
    ]
    for _ in 0..<4_000 {
      let seed = random.pick(seeds)
      let from = random.int(0...seed.count - 1)
      var payload = seed.slice(from, min(random.int(0...3_000), seed.count - from))
      if random.chance(3), !payload.isEmpty { payload[random.int(0...payload.count - 1)] = UInt8(random.int(0...255)) }
      let piece = FlowStream.Piece(
        side: random.chance(2) ? .client : .server, offset: random.pick([from, 0, random.int(0...1 << 32)]),
        payload: payload, acknowledged: random.int(0...100_000),
        flags: random.pick([0x10, 0x10, 0x18, 2, 0x12, 0x11, 4, UInt8(random.int(0...255))]))
      var frame = stream.frame(piece)
      if random.chance(4) { frame[random.int(14...min(frame.count - 1, 60))] = UInt8(random.int(0...255)) }
      if random.chance(8) { frame = Array(frame.prefix(random.int(14...frame.count))) }
      _ = stream.judge(frame)
      if random.chance(100) { stream.begin(Int64(random.int(0...1 << 45))) }
      if random.chance(500) {
        let chosen = stream.chooseHeavy()
        stream.applyHeavy(min(chosen?.count ?? 0, random.int(0...3)), since: 0)
      }
    }
    #expect(stream.setCount == 1)
  }
}
