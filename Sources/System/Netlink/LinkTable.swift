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

  /// Opens the means to ask: netlink, or ioctl(2) where a sandbox has no netlink.
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
    private var dump: NetlinkDump
    /// What came so far.
    package private(set) var links: [NetworkLink] = []
    /// Whether nothing more comes.
    package var hasEnded: Bool { dump.hasEnded }
    /// Whether nothing changed meanwhile.
    package var isWhole: Bool { dump.isWhole }
    /// errno that the kernel ended with, or 0.
    package var code: CInt { dump.code }

    /// An answer to the request with this sequence number.
    package init(sequence: UInt32) { dump = NetlinkDump(sequence: sequence) }

    /// RTM_GETLINK for all interfaces, without their statistics (IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).
    package static func request(_ sequence: UInt32) -> [UInt8] {
      // 16 bytes of ifinfomsg; rta_len and rta_type; the mask.
      NetlinkMessages.dumpRequest(
        type: 18, sequence: sequence, NetlinkMessages.bytes(of: [0, 0, 0, 0, 8 | 29 << 16, 8]))
    }

    /// Takes one datagram of the answer.
    package mutating func take(_ datagram: RawSpan) {
      var found: [NetworkLink] = []
      // RTM_NEWLINK
      dump.take(datagram, type: 16) { payload in
        if let link = LinkMessage(payload)?.link { found.append(link) }
      }
      links += found
    }
  }
}
