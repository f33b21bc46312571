import Glibc

/// What has changed in the network namespace.
public struct NetworkChanges: OptionSet, Sendable {
  /// The bits below.
  public let rawValue: UInt8

  /// A combination of changes.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// An interface came, went, was renamed, went up or down, or has another MTU.
  public static let links = NetworkChanges(rawValue: 1)
  /// An address came or went.
  public static let addresses = NetworkChanges(rawValue: 2)
  /// A route or a routing rule came or went.
  public static let routes = NetworkChanges(rawValue: 4)
  /// Everything may have changed.
  public static let all: NetworkChanges = [.links, .addresses, .routes]
}

/// Hears from the kernel what changes in the network namespace it was opened in (rtnetlink(7)).
package final class NetlinkMonitor: Sendable {
  /// For poll(2): readable when something has changed.
  package let descriptor: CInt

  private let socket: NetlinkSocket
  private let interest: NetworkChanges

  /// Datagrams taken at once; a flood of them must not hold up a thread that has other work.
  private static let datagramLimit = 256

  /// Hears of changes from now on, but of nothing outside `interest`.
  ///
  /// - Throws: `SystemError` where there are no more descriptors, or no netlink (a sandbox): then look from time to time.
  package init(_ interest: NetworkChanges = .all) throws(SystemError) {
    socket = try NetlinkSocket(groups: Self.groups(interest), isBlocking: false)
    descriptor = socket.descriptor
    self.interest = interest
  }

  /// Takes everything that has been reported since the last call, and says what it was about. Does not wait. After a
  /// loss (ENOBUFS) everything that is of interest may have changed.
  ///
  /// - Parameter linkDown: is called with the index of each interface that was reported as down or deleted: it may be up
  ///   again by the time that anyone looks.
  package func drain(linkDown: (Int32) -> Void = { _ in }) -> NetworkChanges {
    var changes: NetworkChanges = []
    for _ in 0..<Self.datagramLimit {
      do throws(SystemError) {
        try socket.receive { datagram in
          changes.formUnion(Self.changes(in: datagram, linkDown: linkDown))
        }
      } catch {
        if error.code == EAGAIN { break }
        // ENOBUFS and EMSGSIZE are losses. Any other error is read once, and says nothing about the network.
        changes = .all
      }
    }
    return changes.intersection(interest)
  }

  /// What the messages of a datagram are about.
  package static func changes(in datagram: RawSpan, linkDown: (Int32) -> Void) -> NetworkChanges {
    var changes: NetworkChanges = []
    NetlinkMessages.forEach(in: datagram) { header, payload in
      switch header.type {
      case 16, 17:  // RTM_NEWLINK, RTM_DELLINK
        changes.insert(.links)
        guard let link = LinkMessage(payload) else { return }
        if header.type == 17 || !link.isUp { linkDown(link.index) }
      case 20, 21: changes.insert(.addresses)  // RTM_NEWADDR, RTM_DELADDR
      case 24, 25, 32, 33: changes.insert(.routes)  // RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE
      case NetlinkMessages.overrun: changes = .all
      default: break
      }
    }
    return changes
  }

  /// RTNLGRP_* (linux/rtnetlink.h).
  private static func groups(_ interest: NetworkChanges) -> [UInt32] {
    var groups: [UInt32] = []
    if interest.contains(.links) { groups.append(1) }
    // Of IPv4 and IPv6 each.
    if interest.contains(.addresses) { groups += [5, 9] }
    if interest.contains(.routes) { groups += [7, 11, 8, 19] }
    return groups
  }
}
