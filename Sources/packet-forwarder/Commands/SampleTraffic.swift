import Glibc
import System

/// A little traffic on loopback for the demo: an HTTP request over TCP, and a UDP query with its answer, twice a
/// second.
final class SampleTraffic: Sendable {
  private static let request = "GET /hello HTTP/1.1\r\nHost: demo\r\n\r\n"
  private static let response = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"
  /// Milliseconds between exchanges.
  private static let pause: CInt = 500

  private let listener: OwnedDescriptor
  private let responder: OwnedDescriptor
  private let stopping: Event

  /// Opens the two sockets that answer.
  init() throws {
    do throws(SystemError) {
      stopping = try Event()
      listener = try Self.open(.stream)
      responder = try Self.open(.datagram)
      for server in [listener, responder] { try server.bind(to: SocketAddress(bytes: [127, 0, 0, 1], port: 0)) }
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot open a socket on 127.0.0.1: \(error)")
    }
    guard listen(listener.value, 8) == 0 else {
      throw ExitStatus.failure(SystemError(operation: "listen", code: errno))
    }
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
  func stop() { stopping.set() }

  private func run() {
    repeat {
      // An exchange that fails is one that the demo does not show.
      try? exchangeHTTP()
      try? exchangeDatagrams()
    } while !stopping.wait(milliseconds: Self.pause)
  }

  private func exchangeHTTP() throws(SystemError) {
    let client = try Self.connect(.stream, to: listener)
    let server = try OwnedDescriptor("accept") { accept(listener.value, nil, nil) }
    Self.send(Self.request, on: client)
    Self.receive(on: server)
    Self.send(Self.response, on: server)
    Self.receive(on: client)
  }

  private func exchangeDatagrams() throws(SystemError) {
    let client = try Self.connect(.datagram, to: responder)
    Self.send("What time is it?", on: client)
    Self.receive(on: responder)
    guard let asker = SocketAddress(localOf: client.value) else { return }
    try responder.send(Array("Time to look at the network.".utf8), to: asker)
    Self.receive(on: client)
  }

  /// A socket whose waits end after a second.
  private static func open(_ kind: OwnedDescriptor.SocketKind) throws(SystemError) -> OwnedDescriptor {
    let opened = try OwnedDescriptor.socket(AF_INET, kind)
    try SocketOption.limitReceiving(opened.value, seconds: 1)
    return opened
  }

  private static func connect(
    _ kind: OwnedDescriptor.SocketKind, to server: OwnedDescriptor
  ) throws(SystemError) -> OwnedDescriptor {
    let client = try open(kind)
    guard let address = SocketAddress(localOf: server.value) else { throw .last("getsockname") }
    try client.connect(to: address)
    return client
  }

  private static func send(_ text: String, on owner: OwnedDescriptor) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.send(owner.value, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  private static func receive(on owner: OwnedDescriptor) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    _ = unsafe recv(owner.value, &buffer, buffer.count, 0)
  }
}
