import Synchronization
import System
import Telemetry
import Testing

/// A metadata endpoint that gives scripted answers, to one connection after the other, each a byte at a time.
final class MetadataServer: Sendable {
  /// Where it listens, on loopback.
  let address: SocketAddress
  private let end: Event
  private let asked = Mutex<[String]>([])

  /// nil is no answer: the connection stays open.
  init(_ answers: [String?]) throws {
    let listener = try StreamSocket.listen(on: try #require(SocketAddress(numeric: "127.0.0.1", port: 0)), backlog: 8)
    address = try #require(SocketAddress(localOf: listener.value))
    end = try Event()
    try BackgroundThread.run(name: "cloud") { [weak self, end] in
      var kept: [OwnedDescriptor] = []
      for answer in answers {
        guard Polling.isReady(.readable(listener.value), within: 20_000),
          let connection = try? AbstractSocket.accept(on: listener.value)
        else { return }
        guard let answer else {
          kept.append(connection)
          continue
        }
        _ = Polling.isReady(.readable(connection.value), within: 20_000)
        let question = (try? connection.receiveNow(atMost: 1_024)) ?? []
        self?.asked.withLock { $0.append(String(decoding: question, as: UTF8.self)) }
        for byte in answer.utf8 { _ = try? connection.sendNow([byte]) }
      }
      end.wait(milliseconds: 30_000)
    }
  }

  deinit { end.set() }

  /// As ECS names it.
  var endpoint: TaskEndpoint { get throws { try #require(TaskEndpoint("http://\(address)/v4/x")) } }

  /// What was asked, whole requests.
  var questions: [String] { asked.withLock { $0 } }
}
