import Foundation
import Synchronization
import System
import Testing
import Wire

@testable import Receiver

/// A receiver on a thread of its own, what its sink collected, and a sender to it.
struct Loopback {
  let thread: ReceiverThread
  let port: UInt16
  let sender: Sender
  let collected = Collected()

  init(host: String?, vni: UInt32? = nil, limit: UInt64? = nil) throws {
    let receiver = TunnelReceiver(socket: try UDPReceiver(listen: ListenAddress(host: host, port: 0)), vni: vni)
    port = receiver.port
    sender = try Sender(host: host ?? "::1", port: port)
    thread = try ReceiverThread(receiver, into: CollectingSink(collected: collected), limit: limit)
  }

  var frames: [ReceivedFrame] { collected.frames }
}

extension ReceiverThread {
  /// Waits for the end, but not for ever.
  func finished() throws -> TunnelReceiver.End {
    try #require(join(milliseconds: 20_000)).get()
  }
}

/// What a sink was given, readable from the test's thread.
final class Collected: Sendable {
  private let list = Mutex<[ReceivedFrame]>([])
  /// Happens with the first flush.
  let flushed = try! Event()

  var frames: [ReceivedFrame] { list.withLock { $0 } }

  func append(_ frame: ReceivedFrame) { list.withLock { $0.append(frame) } }
}

/// Keeps every frame.
struct CollectingSink: ~Copyable, FrameSink {
  let collected: Collected

  var outputDescriptor: CInt? { nil }

  mutating func receive(_ frame: RawSpan, header: VXLANHeader, timestamp: UInt64) throws(ReceiverError) {
    collected.append(ReceivedFrame(frame, header, timestamp))
  }

  mutating func flush() throws(ReceiverError) { collected.flushed.set() }
}

/// A connected UDP socket.
final class Sender {
  private let descriptor: CInt

  init(host: String, port: UInt16) throws {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, String(port), &hints, &list)
    let address = try #require(list, "getaddrinfo: \(result)")
    defer { freeaddrinfo(list) }
    descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
    try #require(connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0)
  }

  deinit { close(descriptor) }

  func send(_ datagram: [UInt8]) {
    let sent = Glibc.send(descriptor, datagram, datagram.count, 0)
    #expect(sent == datagram.count, "send: \(String(cString: strerror(errno)))")
  }

  /// Sends without a UDP checksum (UDP_NO_CHECK6_TX in linux/udp.h).
  func omitChecksum() {
    var one: CInt = 1
    #expect(setsockopt(descriptor, CInt(IPPROTO_UDP), 101, &one, 4) == 0)
  }
}
