import Glibc

/// The service manager that has started the program and wants to hear how it is (sd_notify(3)): a datagram for each thing
/// to tell, to the Unix socket that NOTIFY_SOCKET names.
package struct ServiceManager: Sendable {
  /// What there is to tell.
  package enum Message: Equatable, Sendable {
    /// It has started, and this is how it is.
    case ready(String)
    /// How it is from now on, in one line.
    case status(String)
    /// It goes on; what says so no more is started anew (WatchdogSec=).
    case alive
    /// It has been told to end.
    case ending
  }

  private let socket: OwnedDescriptor
  private let address: [UInt8]

  /// nil where nobody has asked, by a path or the name of an abstract socket; also where there are no such sockets.
  package init?(_ environment: [String: String]) {
    let name = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
    let first = name.first
    guard first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), name.count <= Self.longestName else { return nil }
    guard let opened = try? OwnedDescriptor.socket(AF_UNIX, .datagram, isBlocking: false) else { return nil }
    socket = opened
    address = first == UInt8(ascii: "@") ? [0] + name.dropFirst() : name
  }

  /// Tells it, without waiting. One who does not listen is not worth a word: the manager knows what it missed.
  package func tell(_ message: Message) {
    let bytes = Array(message.text.utf8)
    var to = sockaddr_un()
    to.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &to.sun_path) { unsafe $0.copyBytes(from: address) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
    let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
    unsafe withUnsafePointer(to: &to) { pointer in
      _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(socket.value, bytes, bytes.count, flags, $0, length)
      }
    }
  }

  /// Bytes of the longest name: a path may do without its NUL.
  private static let longestName = 108
}

extension ServiceManager.Message {
  /// As sd_notify(3) has it: assignments, a line each.
  var text: String {
    switch self {
    case .ready(let status): "READY=1\nSTATUS=\(Self.line(status))"
    case .status(let status): "STATUS=\(Self.line(status))"
    case .alive: "WATCHDOG=1"
    case .ending: "STOPPING=1"
    }
  }

  private static func line(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
