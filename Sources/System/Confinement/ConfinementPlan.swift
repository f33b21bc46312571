import Glibc

/// What a confined program can still do with files and TCP.
package struct ConfinementPlan: Equatable, Sendable {
  /// Files and directories that it reads.
  package var readable: [String]
  /// Directories in which it keeps files up to date.
  package var writable: [String]
  /// TCP ports that it connects to.
  package var connectPorts: [UInt16]
  /// TCP ports that it listens on.
  package var listenPorts: [UInt16]

  /// Where names are looked up, beside /etc: the C library, its modules (which it loads when it needs them), and where
  /// programs that manage resolv.conf put the real one.
  private static let resolving = [
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/run/NetworkManager", "/run/nscd", "/run/resolvconf",
    "/run/systemd/resolve", "/usr/share/zoneinfo",
  ]
  /// The files of /etc that looking up and telling the time may read (resolver(5), nsswitch.conf(5), gai.conf(5)).
  private static let files = [
    "gai.conf", "host.conf", "hosts", "ld.so.cache", "localtime", "nsswitch.conf", "protocols", "resolv.conf",
    "services",
  ]

  /// For the forwarder.
  ///
  /// A file that is replaced by another one of its name is not the file that a rule was made for, so that whoever has to
  /// read a replaced resolv.conf needs /etc as a whole. What is in it is everybody's to read, but for what is root's:
  /// `isStrict` leaves root the files as they are now.
  package static func forwarder(
    writable: [String] = [], connectPorts: [UInt16] = [], listenPorts: [UInt16] = [], isStrict: Bool = false
  ) -> ConfinementPlan {
    let etc = isStrict && geteuid() == 0 ? [] : ["/etc"]
    return ConfinementPlan(
      // The files by name as well: a link among them may lead anywhere.
      readable: etc + files.map { "/etc/\($0)" } + resolving + ["/proc", "/sys"], writable: writable,
      // Answers of name servers that are too long for a datagram.
      connectPorts: [53] + connectPorts, listenPorts: listenPorts)
  }
}
