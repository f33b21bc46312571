import Benchmark
import Glibc
import System
import Transport
import Wire

/// Requests and responses of an HTTP API on 32 connections as a ring block holds them: each connection alternates
/// between a request and a response of one of three sizes.
private enum Block {
  static let connections = 32
  static let frames = 1024

  static func byteCount(_ frame: Int) -> Int {
    let turn = frame / connections
    return turn.isMultiple(of: 2) ? 120 : [550, 1250, 4250][(turn / 2 + frame) % 3]
  }

  static func flow(_ frame: Int) -> FlowHash {
    FlowHash(value: FlowHash.mix(UInt64(frame % connections)))
  }
}

func schedulingBenchmarks() {
  // When all frames claim to be of one flow, none may overtake another: that is first come, first served.
  let orders: [(String, @Sendable (Int) -> FlowHash)] = [
    ("skip-ahead", { Block.flow($0) }), ("first come, first served", { _ in FlowHash(value: 1) }),
  ]
  for (name, flow) in orders {
    Benchmark(
      "queue and send a block of \(Block.frames) HTTP frames, \(name)",
      configuration: .init(
        metrics: [.wallClock, .mallocCountTotal, .custom("sends")], scalingFactor: .one)
    ) { benchmark in
      let sink = try Sink()
      let path = try CollectorPath(to: sink.address, sourcePortCount: 1)
      let collectors = CollectorSet([path], mode: .balance)
      var sender = DatagramSender(to: collectors, balancer: FlowBalancer(collectors), frameCapacity: Block.frames)
      let bytes = Frame.filler(9000)
      let before = sender.counters.sendCalls
      benchmark.startMeasurement()
      bytes.withUnsafeBytes { bytes in
        for _ in benchmark.scaledIterations {
          for frame in 0..<Block.frames {
            unsafe sender.append(
              head: bytes.baseAddress!, headByteCount: 8, tail: bytes.baseAddress! + 8,
              tailByteCount: Block.byteCount(frame), frame: frame,
              placement: sender.placement(of: flow(frame), shared: flow(frame)))
          }
          sender.flush()
          sender.commit(frameCount: Block.frames)
        }
      }
      benchmark.stopMeasurement()
      benchmark.measurement(.custom("sends"), Int(sender.counters.sendCalls - before))
      withExtendedLifetime(sink) {}
    }
  }
}

/// A bound socket on loopback that is never read: it takes datagrams and drops what exceeds its buffer.
private final class Sink {
  let address: SocketAddress
  private let descriptor: CInt

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
      }
    }
    guard descriptor >= 0, bound,
      let address = SocketAddress(numeric: "127.0.0.1", port: UInt16(bigEndian: name.sin_port))
    else { fatalError("no socket on loopback") }
    self.address = address
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
