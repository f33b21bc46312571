import Glibc
import Synchronization
import System

/// A little traffic on loopback for the demo: an HTTP request over TCP, and a UDP query with its answer, twice a
/// second.
final class SampleTraffic: Sendable {
  private static let request = "GET /hello HTTP/1.1\r\nHost: demo\r\n\r\n"
  private static let response = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"

  private let listener: CInt
  private let responder: CInt
  private let isStopping = Atomic(false)

  /// Opens the two sockets that answer.
  init() throws {
    listener = try Self.open(SOCK_STREAM)
    responder = try Self.open(SOCK_DGRAM)
    guard listen(listener, 8) == 0 else {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot listen on 127.0.0.1")
    }
  }

  deinit {
    close(listener)
    close(responder)
  }

  /// Starts the traffic on a thread of its own, or ends the program with one line.
  func start() throws {
    do throws(SystemError) {
      try BackgroundThread.run(name: "traffic") { self.run() }
    } catch {
      throw ExitStatus.failure(error)
    }
  }

  /// Ends it after the exchange under way.
  func stop() { isStopping.store(true, ordering: .relaxed) }

  private func run() {
    while !isStopping.load(ordering: .relaxed) {
      exchangeHTTP()
      exchangeDatagrams()
      usleep(500_000)
    }
  }

  private func exchangeHTTP() {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    guard Self.connect(client, to: listener) else { return }
    let server = accept(listener, nil, nil)
    guard server >= 0 else { return }
    defer { close(server) }
    Self.send(Self.request, on: client)
    Self.receive(on: server)
    Self.send(Self.response, on: server)
    Self.receive(on: client)
  }

  private func exchangeDatagrams() {
    let client = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(client) }
    guard Self.connect(client, to: responder) else { return }
    Self.send("What time is it?", on: client)
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var buffer = [UInt8](repeating: 0, count: 64)
    let answer = Array("Time to look at the network.".utf8)
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
        guard unsafe recvfrom(responder, &buffer, buffer.count, 0, peer, &length) > 0 else { return }
        _ = unsafe sendto(responder, answer, answer.count, 0, peer, length)
      }
    }
    Self.receive(on: client)
  }

  /// A socket bound to a free port of 127.0.0.1 whose waits end after a second.
  private static func open(_ type: __socket_type) throws -> CInt {
    let descriptor = socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var timeout = timeval(tv_sec: 1, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    guard descriptor >= 0, unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size) == 0,
      unsafe withLoopback(port: 0, { unsafe bind(descriptor, $0, $1) }) == 0
    else { throw ExitStatus.failure(ExitStatus.inputOutput, "cannot open a socket on 127.0.0.1") }
    return descriptor
  }

  private static func connect(_ client: CInt, to server: CInt) -> Bool {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var timeout = timeval(tv_sec: 1, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    guard unsafe setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &timeout, size) == 0 else { return false }
    let isKnown = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(server, $0, &length) == 0 }
    }
    guard isKnown else { return false }
    let port = UInt16(bigEndian: address.sin_port)
    return unsafe withLoopback(port: port, { unsafe Glibc.connect(client, $0, $1) }) == 0
  }

  private static func withLoopback<R>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func send(_ text: String, on descriptor: CInt) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  private static func receive(on descriptor: CInt) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    _ = unsafe recv(descriptor, &buffer, buffer.count, 0)
  }
}
