import CLinux
import Glibc
import Synchronization

/// The fan-out groups (PACKET_FANOUT, packet(7)) through which a program's workers share traffic by flow: one for each
/// interface that they are bound to, because sockets of one group are bound to one. An interface that was deleted and
/// made again has another index, hence another group.
public final class FanoutGroup: Sendable {
  private struct Membership {
    var id: UInt16
    var count: Int
  }

  private let groups = Mutex<[Int32: Membership]>([:])

  /// Without members.
  public init() {}

  /// Makes the bound socket a member of the group of `interfaceIndex` (0: all interfaces). The kernel picks the first
  /// one's number, which no other program has (PACKET_FANOUT_FLAG_UNIQUEID, 4.12); where it does not know how, a random
  /// one serves.
  ///
  /// - Throws: `.failed` with EINVAL for a socket whose interface is down.
  func join(_ descriptor: CInt, interfaceIndex: Int32) throws(CaptureError) {
    let failure = groups.withLock { groups -> CaptureError? in
      do throws(CaptureError) {
        if let known = groups[interfaceIndex] {
          try PacketSocket.joinFanout(descriptor, id: known.id, type: PACKET_FANOUT_HASH, flags: 0)
          groups[interfaceIndex]?.count += 1
        } else {
          groups[interfaceIndex] = Membership(id: try Self.found(descriptor, PACKET_FANOUT_HASH), count: 1)
        }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Notes that a member's socket is about to be closed; the kernel's group ends with its last member.
  func leave(interfaceIndex: Int32) {
    groups.withLock { groups in
      guard var group = groups[interfaceIndex] else { return }
      group.count -= 1
      groups[interfaceIndex] = group.count > 0 ? group : nil
    }
  }

  /// Makes bound sockets a group of their own in which the kernel fills one as long as it has room and goes on to the
  /// next then.
  ///
  /// - Throws: as `join`; `.unsupported` where the kernel has no such groups.
  static func rollOver(among descriptors: [CInt]) throws(CaptureError) {
    var id: UInt16?
    for descriptor in descriptors {
      if let id {
        try PacketSocket.joinFanout(descriptor, id: id, type: PACKET_FANOUT_ROLLOVER, flags: 0)
      } else {
        id = try found(descriptor, PACKET_FANOUT_ROLLOVER)
      }
    }
  }

  private static func found(_ descriptor: CInt, _ type: Int32) throws(CaptureError) -> UInt16 {
    let unique = UInt16(PACKET_FANOUT_FLAG_UNIQUEID)
    if (try? PacketSocket.joinFanout(descriptor, id: 0, type: type, flags: unique)) != nil,
      let id = PacketSocket.fanoutID(descriptor)
    {
      return id
    }
    let id = UInt16.random(in: 1...UInt16.max)
    try PacketSocket.joinFanout(descriptor, id: id, type: type, flags: 0)
    return id
  }
}
