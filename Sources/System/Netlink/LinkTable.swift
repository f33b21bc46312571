import Glibc
import Synchronization

/// Answers which network interfaces there are, over a descriptor that is opened once: a process that has reached
/// RLIMIT_NOFILE can still ask.
package final class LinkTable: Sendable {
  private struct State: ~Copyable {
    /// nil where the system has no netlink.
    let netlink: NetlinkSocket?
    let requests: InterfaceRequests?
    var sequence: UInt32 = 0
  }

  private let state: Mutex<State>

  /// NLM_F_DUMP_INTR: a dump that was overtaken by a change is made again this often, then taken as it is.
  private static let attempts = 3

  /// Opens the way to ask: netlink, or ioctl(2) where a sandbox has no netlink.
  ///
  /// - Throws: `SystemError`: EMFILE, ENFILE, ENOBUFS, ENOMEM.
  package init() throws(SystemError) {
    do throws(SystemError) {
      state = Mutex(State(netlink: try NetlinkSocket(groups: [], isBlocking: true), requests: nil))
    } catch  where ![EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) {
      state = Mutex(State(netlink: nil, requests: try InterfaceRequests()))
    }
  }

  /// Every interface of the network namespace, in the order of their indices.
  ///
  /// - Throws: `SystemError` if the kernel does not say. That means nothing about any interface.
  package func links() throws(SystemError) -> [NetworkLink] {
    let result = state.withLock { state -> Result<[NetworkLink], SystemError> in
      do throws(SystemError) {
        return .success(try Self.links(&state))
      } catch {
        return .failure(error)
      }
    }
    return try result.get().sorted { $0.index < $1.index }
  }

  private static func links(_ state: inout State) throws(SystemError) -> [NetworkLink] {
    for _ in 1..<attempts {
      let (links, isWhole) = try dump(&state)
      if isWhole { return links }
    }
    return try dump(&state).0
  }

  private static func dump(_ state: inout State) throws(SystemError) -> ([NetworkLink], isWhole: Bool) {
    state.sequence &+= 1
    let sequence = state.sequence
    if state.netlink == nil, let requests = state.requests { return (try requests.links(), true) }
    var dump = Dump(sequence: sequence)
    try state.netlink?.send(Dump.request(sequence))
    while !dump.hasEnded { try state.netlink?.receive { dump.take($0) } }
    guard dump.code == 0 else { throw SystemError(operation: "RTM_GETLINK", code: dump.code) }
    return (dump.links, dump.isWhole)
  }

  /// The answer to RTM_GETLINK, as it comes in.
  package struct Dump {
    /// That of the request; answers to others are not for this one.
    let sequence: UInt32
    /// What came so far.
    package private(set) var links: [NetworkLink] = []
    /// Whether nothing more comes.
    package private(set) var hasEnded = false
    /// Whether nothing changed meanwhile.
    package private(set) var isWhole = true
    /// errno that the kernel ended with, or 0.
    package private(set) var code: CInt = 0

    /// An answer to the request with this sequence number.
    package init(sequence: UInt32) { self.sequence = sequence }

    /// RTM_GETLINK for all interfaces, without their statistics (IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).
    package static func request(_ sequence: UInt32) -> [UInt8] {
      var bytes: [UInt8] = []
      // nlmsg_len; nlmsg_type and NLM_F_REQUEST | NLM_F_DUMP; nlmsg_seq; nlmsg_pid; 16 bytes of ifinfomsg; rta_len and
      // rta_type; the mask.
      for word: UInt32 in [40, 18 | 0x301 << 16, sequence, 0, 0, 0, 0, 0, 8 | 29 << 16, 8] {
        unsafe withUnsafeBytes(of: word.littleEndian) { unsafe bytes += $0 }
      }
      return bytes
    }

    /// Takes one datagram of the answer.
    package mutating func take(_ datagram: RawSpan) {
      var (found, ended, whole, failure): ([NetworkLink], Bool, Bool, CInt) = ([], false, true, 0)
      let sequence = sequence
      NetlinkMessages.forEach(in: datagram) { header, payload in
        guard header.sequence == sequence, !ended else { return }
        if header.flags & NetlinkMessages.interruptedFlag != 0 { whole = false }
        switch header.type {
        case NetlinkMessages.done: ended = true
        case NetlinkMessages.error:
          ended = true
          failure =
            payload.byteCount >= 4 ? CInt(truncatingIfNeeded: -Int64(Int32(bitPattern: payload.host32(at: 0)))) : EPROTO
        case 16:  // RTM_NEWLINK
          if let link = LinkMessage(payload)?.link { found.append(link) }
        default: break
        }
      }
      links += found
      hasEnded = hasEnded || ended
      isWhole = isWhole && whole
      if failure != 0 { code = failure }
    }
  }
}
