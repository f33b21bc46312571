import System
import TestSupport
import Testing
import Wire

@testable import Transport

/// A sender to sinks on loopback, and datagrams to send through it.
final class SenderRig {
  var sender: DatagramSender
  let paths: [CollectorPath]
  private var frameCount = 0
  private var kept: [UnsafeMutableRawBufferPointer] = []

  init(to ports: [UInt16], isV6: Bool = false, sourcePorts: Int = 4, mode: CollectorSet.Mode = .copy) throws {
    paths = try ports.map { port in
      let address = try #require(SocketAddress(numeric: isV6 ? "::1" : "127.0.0.1", port: port))
      return try CollectorPath(to: address, sourcePortCount: sourcePorts)
    }
    let collectors = CollectorSet(paths, mode: mode)
    sender = DatagramSender(to: collectors, balancer: FlowBalancer(collectors), frameCapacity: 2_048)
  }

  deinit {
    for memory in kept { memory.deallocate() }
  }

  /// Queues a datagram in two runs of bytes, as a frame of its own.
  func append(_ bytes: [UInt8], headByteCount: Int, flow: FlowHash) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    memory.copyBytes(from: bytes)
    kept.append(memory)
    let base = UnsafeRawPointer(memory.baseAddress!)
    sender.append(
      head: base, headByteCount: headByteCount, tail: base + headByteCount, tailByteCount: bytes.count - headByteCount,
      frame: frameCount, placement: sender.placement(of: flow, shared: flow))
    frameCount += 1
  }

  /// Sends what was queued and commits what became of its frames.
  func send() {
    sender.flush()
    commit()
  }

  func commit() {
    sender.commit(frameCount: frameCount)
    frameCount = 0
  }

  var collectors: CollectorSet { sender.collectors }
  var counters: SendCounters { sender.counters }

  /// Frames lost, by errno.
  var dropped: [CInt: UInt64] {
    var found: [CInt: UInt64] = [:]
    for code in 0..<SendCounters.errnoCount where sender.counters.droppedFrames[code] > 0 {
      found[CInt(code)] = sender.counters.droppedFrames[code]
    }
    return found
  }
}
