import Foundation
import Glibc
import Testing

@testable import System

/// What a service manager hears, on a socket as systemd has it.
@Suite(.timeLimit(.minutes(1))) struct ServiceManagerTests {
  @Test func messagesAreAssignments() throws {
    let listener = try Listener()
    let manager = try #require(ServiceManager(["NOTIFY_SOCKET": listener.path]))
    manager.tell(.ready("mirroring any\nto 192.0.2.1"))
    manager.tell(.status("unhealthy: eth0 is gone"))
    manager.tell(.alive)
    manager.tell(.ending)
    let heard = (0..<4).map { _ in listener.next() }
    #expect(
      heard == [
        "READY=1\nSTATUS=mirroring any to 192.0.2.1", "STATUS=unhealthy: eth0 is gone", "WATCHDOG=1", "STOPPING=1",
      ])
  }

  /// A manager that does not listen, or no more, holds up nobody.
  @Test func nobodyIsWaitedFor() throws {
    let manager: ServiceManager
    do {
      let listener = try Listener()
      manager = try #require(ServiceManager(["NOTIFY_SOCKET": listener.path]))
      // More than its queue takes.
      for _ in 0..<5_000 { manager.tell(.alive) }
      #expect(listener.next() == "WATCHDOG=1")
    }
    manager.tell(.ending)
  }

  @Test(arguments: [nil, "", "notify", "vsock:2:1234", "/" + String(repeating: "n", count: 108)])
  func whoHasNotAskedIsToldNothing(name: String?) {
    #expect(ServiceManager(name.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
  }

  /// The other side.
  private final class Listener {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("notify-\(UUID().uuidString)").path
    private let descriptor: CInt

    init() throws {
      descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let name = Array(path.utf8)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
      let status = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(status == 0)
    }

    deinit {
      close(descriptor)
      unlink(path)
    }

    /// The next message; nil if there is none.
    func next() -> String? {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      let count = unsafe recv(descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
      return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
  }
}
