import System

/// The name of the abstract Unix socket on which a forwarder tells of itself:
/// `packet-forwarder-status/ROOT/PID`, and another part at random where that is taken.
///
/// All containers of a task or pod share the namespace of such names, and in each the forwarder may be process 1: so the
/// root of its file system (`RootFolder`) is a part of the name.
package struct StatusName: Equatable, Sendable {
  /// In front of all such names.
  package static let prefix = "packet-forwarder-status/"

  /// The whole name.
  package let text: String
  /// Root folder of the forwarder.
  package let root: String
  /// Its process ID, as it sees itself.
  package let processID: Int32

  /// The name of this process, or where `isTaken` one that nobody else has.
  package init(processID: Int32, root: String = RootFolder.identity, isTaken: Bool = false) {
    self.processID = processID
    self.root = root
    text =
      "\(Self.prefix)\(root)/\(processID)" + (isTaken ? "/\(String(UInt64.random(in: 0 ... .max), radix: 16))" : "")
  }

  /// A name that was found; nil if it is none of these.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (3...4).contains(parts.count), parts[0] + "/" == Self.prefix, let processID = Int32(parts[2]), processID > 0
    else { return nil }
    self.text = text
    root = String(parts[1])
    self.processID = processID
  }

  /// Every forwarder in this network namespace, whoever runs it, in the order of their numbers. Where there is no /proc
  /// to ask, it can only be the one that a container is made for.
  package static func all() -> [StatusName] {
    guard let found = try? AbstractSocket.names(withPrefix: prefix) else { return [StatusName(processID: 1)] }
    // A socket that others are connected to is listed once for each connection.
    return Set(found).sorted().compactMap(StatusName.init).sorted { $0.processID < $1.processID }
  }
}
