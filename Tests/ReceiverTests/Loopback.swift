import Foundation
import Synchronization
import System
import Testing
import Wire

@testable import Receiver

/// A receiver on a thread of its own, what its sink collected, and a sender to it.
struct Loopback {
  let receiver: MirrorReceiver
  let sender: Sender
  let collected = Collected()

  init(host: String?, _ plan: ReceivePlan = ReceivePlan(), workers: Int = 1) throws {
    receiver = try MirrorReceiver(listen: ListenAddress(host: host, port: 0), workers: workers)
    sender = try Sender(host: host ?? "::1", port: receiver.port)
    try receiver.start(plan, into: [ReceiveOutput("test", CollectingSink(collected: collected))])
  }

  var frames: [ReceivedFrame] { collected.frames }

  /// The kernel begins to stamp what arrives some time after the first socket has asked for it (netstamp_work in
  /// net/core/dev.c), and stamps when it is read until then. Keeps a socket that asks, for the rest of the process.
  static func waitForStamps() throws {
    let deadline = MonotonicClock.milliseconds + 10_000
    while MonotonicClock.milliseconds < deadline {
      let sender = try Sender(host: "127.0.0.1", port: stamping.port)
      sender.send([0])
      let sent = UInt64(WallClock.nanosecondsSince1970)
      usleep(2_000)
      let slab = DatagramSlab()
      if try slab.receive(from: stamping.socket.descriptor) == 1, slab.details(at: 0).timestamp <= sent { return }
    }
    Issue.record("the kernel does not stamp what arrives")
  }

  private static let stamping = Stamping()

  /// A socket that has asked for stamps.
  private final class Stamping: Sendable {
    let socket: ListeningSocket
    let port: UInt16

    init() {
      socket = try! ListeningSocket(address: ListenAddress(host: "127.0.0.1", port: 0), receiveBuffer: 1 << 16)
      port = socket.port
    }
  }
}

extension MirrorReceiver {
  /// Waits for the end, but not for ever.
  func finished() throws -> End {
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

  mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    collected.append(ReceivedFrame(frame, origin))
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

  /// Its own port, host byte order.
  var port: UInt16 {
    var name = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    withUnsafeMutableBytes(of: &name) { raw in
      _ = getsockname(descriptor, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
    }
    return UInt16(bigEndian: name.sin6_port)
  }

  /// Has the kernel cut what is sent into datagrams of so many bytes (UDP_SEGMENT in linux/udp.h).
  func segment(at byteCount: CInt) {
    var value = byteCount
    #expect(setsockopt(descriptor, CInt(IPPROTO_UDP), 103, &value, 4) == 0)
  }

  /// Sends without a UDP checksum (UDP_NO_CHECK6_TX in linux/udp.h).
  func omitChecksum() {
    var one: CInt = 1
    #expect(setsockopt(descriptor, CInt(IPPROTO_UDP), 101, &one, 4) == 0)
  }
}
