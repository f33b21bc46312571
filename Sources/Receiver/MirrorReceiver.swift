internal import Synchronization
public import System

/// The receiving side put together: workers that share a port, each a thread with a socket of its own, since receiving
/// blocks and has no place on the cooperative pool. Both directions of a flow reach one worker.
public final class MirrorReceiver: Sendable {
  /// How receiving ended without an error.
  public enum End: Sendable {
    /// It was asked to.
    case stopped
    /// As many frames as asked for were handed on.
    case limitReached
    /// No output takes any more; each knows why.
    case outputsEnded
  }
  /// How it ended.
  public typealias Outcome = Result<End, ReceiverError>

  /// Bytes of receive buffer asked for by default, for each worker; the kernel may grant less (`net.core.rmem_max`).
  public static let defaultReceiveBuffer: CInt = 8 << 20

  /// The UDP port listened on, host byte order.
  public let port: UInt16
  /// Bytes of receive buffer that the kernel granted each worker; it counts its own overhead in, so payload gets less.
  public let receiveBufferSize: Int
  /// Happens once nothing more will be received and the outputs are flushed.
  public let ended: Event
  private let stopping: Event
  private let state: Mutex<State>

  private struct State {
    /// Of the workers, until they start.
    var sockets: [SocketBox]
    var accounts: [WorkerAccount] = []
    var outputs: [ReceiveOutput] = []
    var running = 0
    var outcome: Outcome?
  }

  /// Listens at once; datagrams queue up from here on.
  ///
  /// - Throws: `ReceiverError` of `.resolve`, `.socket`, `.setsockopt`, `.bind` or `.eventfd`.
  public init(
    listen address: ListenAddress, workers: Int = 1, receiveBuffer: CInt = MirrorReceiver.defaultReceiveBuffer
  ) throws(ReceiverError) {
    let stopping = try ReceiverError.from(.eventfd) { () throws(SystemError) in try Event() }
    let ended = try ReceiverError.from(.eventfd) { () throws(SystemError) in try Event() }
    let first = try ListeningSocket(address: address, receiveBuffer: receiveBuffer)
    port = first.port
    receiveBufferSize = first.receiveBufferSize
    var others: [SocketBox] = []
    if workers > 1 {
      try first.allowSharing()
      for _ in 1..<workers {
        others.append(SocketBox(try ListeningSocket(sharing: first, receiveBuffer: receiveBuffer)))
      }
    }
    self.stopping = stopping
    self.ended = ended
    state = Mutex(State(sockets: [SocketBox(first)] + others))
  }

  /// Starts receiving. The threads take the signal mask of their maker: block signals first. Traps a second time.
  ///
  /// - Parameters:
  ///   - plan: which frames are wanted.
  ///   - outputs: where they go, all to each; without one they are counted only.
  /// - Throws: `ReceiverError` of `.createThread`; what had started then ends.
  public func start(_ plan: ReceivePlan = ReceivePlan(), into outputs: [ReceiveOutput]) throws(ReceiverError) {
    let work = state.withLock { state in
      precondition(!state.sockets.isEmpty, "starts once")
      let sockets = state.sockets
      state.sockets = []
      state.outputs = outputs
      state.accounts = sockets.map { _ in WorkerAccount(plan) }
      state.running = sockets.count
      return Array(zip(sockets, state.accounts).enumerated())
    }
    do throws(SystemError) {
      for (worker, (socket, account)) in work {
        try BackgroundThread.run(name: work.count == 1 ? "receive" : "receive \(worker)") {
          self.leave(Self.run(socket, worker, plan, account, outputs, self.stopping))
        }
      }
    } catch {
      stop()
      throw ReceiverError(.createThread, code: error.code)
    }
  }

  private static func run(
    _ socket: SocketBox, _ worker: Int, _ plan: ReceivePlan, _ account: WorkerAccount, _ outputs: [ReceiveOutput],
    _ stopping: Event
  ) -> Outcome {
    var loop = ReceiveLoop(socket.take(), worker: worker)
    do throws(ReceiverError) {
      return .success(try loop.run(plan, account: account, outputs: outputs, stop: stopping))
    } catch {
      return .failure(error)
    }
  }

  /// A worker has ended, and with it the others do.
  private func leave(_ outcome: Outcome) {
    stopping.set()
    let isLast = state.withLock { state in
      // What made the first end is how all ended.
      if state.outcome == nil { state.outcome = outcome }
      state.running -= 1
      return state.running == 0
    }
    if isLast { ended.set() }
  }

  /// Asks it to end; what had arrived is still handed on. Does not wait.
  public func stop() { stopping.set() }

  /// Waits for the end, at most `milliseconds` (negative is without end).
  ///
  /// - Returns: how it ended, or nil if it has not: an output may be waiting for a reader.
  public func join(milliseconds: CInt = -1) -> Outcome? {
    ended.wait(milliseconds: milliseconds) ? state.withLock { $0.outcome } : nil
  }

  /// What has been counted so far, from any thread.
  public var statistics: ReceiveStatistics {
    let (accounts, outputs) = state.withLock { ($0.accounts, $0.outputs) }
    // Of outputs first: what is undelivered then has been counted by the time the accounts are read.
    let working = outputs.filter { !$0.isOver }
    let most = (working.isEmpty ? outputs : working).map(\.undelivered).max { $0.frames < $1.frames } ?? FrameTally()
    return ReceiveStatistics(accounts.map(\.figures), undelivered: most)
  }
}

/// Hands a socket to the thread that is going to own it.
private final class SocketBox: Sendable {
  private let socket: Mutex<ListeningSocket?>

  init(_ socket: consuming sending ListeningSocket) { self.socket = Mutex(socket) }

  func take() -> ListeningSocket {
    socket.withLock { socket in
      guard let owned = socket.take() else { preconditionFailure("taken once") }
      return owned
    }
  }
}
