import Glibc
import Synchronization

/// Lines to a descriptor that may block, without ever blocking who writes them: a bounded queue, and a thread that
/// empties it. What does not fit is dropped and counted, and said once there is room again.
package final class LineOutput: Sendable {
  /// Lines that were not written since the last report.
  package struct Loss: Equatable, Sendable {
    /// How many.
    package var count: UInt64
    /// errno of the last write that failed; nil where lines only found no room.
    package var code: CInt?
  }

  private struct State {
    var lines: [[UInt8]] = []
    var byteCount = 0
    /// A line is on its way to the descriptor.
    var isWriting = false
    /// Whoever read went away: nothing is written or counted any more.
    var isClosed = false
    var loss = Loss(count: 0)
    /// Lines that were lost since the start.
    var lostTotal: UInt64 = 0
    /// Whether the line that came last was lost.
    var isLastLost = false
  }

  /// Bytes that may wait by default: thousands of lines.
  package static let defaultCapacity = 256 << 10

  private let descriptor: CInt
  private let capacity: Int
  private let onRoom: @Sendable (Loss, LineOutput) -> Void
  private let state = Mutex(State())
  /// There is a line to write.
  private let work: EventDescriptor
  /// The queue has become empty.
  private let idle: EventDescriptor

  /// Starts the thread. `descriptor` stays the caller's, and open.
  ///
  /// - Parameters:
  ///   - name: of the thread.
  ///   - capacity: bytes that may wait.
  ///   - onRoom: called on the thread, with this output, when a line could be written again after others were lost.
  /// - Throws: `SystemError` where no more descriptors or threads may be had.
  package init(
    _ descriptor: CInt, name: String, capacity: Int = defaultCapacity,
    onRoom: @escaping @Sendable (Loss, LineOutput) -> Void
  ) throws(SystemError) {
    self.descriptor = descriptor
    self.capacity = capacity
    self.onRoom = onRoom
    work = try EventDescriptor()
    idle = try EventDescriptor()
    try BackgroundThread.run(name: name) { self.run() }
  }

  /// Lines that could not be written since the start.
  package var lostTotal: UInt64 { state.withLock { $0.lostTotal } }

  /// Queues a line, to which a line end is added. Never waits for the descriptor.
  package func write(_ line: String) {
    let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isLastLost = state.byteCount + bytes.count > capacity
      if state.isLastLost {
        state.loss.count += 1
        state.lostTotal += 1
      } else {
        state.lines.append(bytes)
        state.byteCount += bytes.count
      }
    }
    work.signal()
  }

  /// Waits until everything queued is written, at most until `deadline` (milliseconds of `MonotonicClock`).
  ///
  /// - Returns: whether it is, and the last line was not lost. An output that nobody reads any more needs no lines.
  package func flush(by deadline: Int64) -> Bool {
    while true {
      let (isDone, isWhole) = state.withLock {
        ($0.isClosed || $0.lines.isEmpty && !$0.isWriting, $0.isClosed || !$0.isLastLost)
      }
      if isDone { return isWhole }
      let left = TimeLimit(by: deadline).left
      guard left > 0 else { return false }
      idle.wait(milliseconds: left)
      idle.clear()
    }
  }

  // MARK: - Thread

  private func run() {
    var isTorn = false
    while true {
      let batch = state.withLock { state in
        defer { state.lines = [] }
        state.isWriting = !state.lines.isEmpty
        return state.lines
      }
      guard !batch.isEmpty else {
        idle.signal()
        work.wait(milliseconds: -1)
        work.clear()
        continue
      }
      for line in batch { put(line, isTorn: &isTorn) }
    }
  }

  /// Writes a line, however long that takes. `isTorn`: whether the line before it was left without its end.
  private func put(_ line: [UInt8], isTorn: inout Bool) {
    var code: CInt?
    if isTorn { code = unsafe WholeWrite.write([UInt8(ascii: "\n")].span.bytes, to: descriptor).code }
    if code == nil {
      let result = unsafe WholeWrite.write(line.span.bytes, to: descriptor)
      isTorn = result.code != nil && result.byteCount > 0
      code = result.code
    }
    let room = state.withLock { state -> Loss? in
      state.byteCount -= line.count
      guard let code else {
        defer { state.loss = Loss(count: 0) }
        return state.loss.count > 0 ? state.loss : nil
      }
      if code == EPIPE {
        state.isClosed = true
        state.lines = []
      } else {
        state.loss = Loss(count: state.loss.count + 1, code: code)
        state.lostTotal += 1
        state.isLastLost = state.isLastLost || state.byteCount == 0
      }
      return nil
    }
    if let room { onRoom(room, self) }
  }

  /// Writes a line without queue and thread, for a program that has not come so far or is about to end. Gives up when
  /// `descriptor` takes nothing for `milliseconds`.
  package static func writeNow(_ line: String, to descriptor: CInt, within milliseconds: CInt) {
    var rest = Array(line.utf8)[...] + [UInt8(ascii: "\n")]
    // A pipe that is ready takes PIPE_BUF bytes without blocking, and not always more.
    while !rest.isEmpty, Polling.isReady(.writable(descriptor), within: milliseconds) {
      let part = Array(rest.prefix(4_096))
      let result = unsafe WholeWrite.write(part.span.bytes, to: descriptor)
      guard result.code == nil else { return }
      rest = rest.dropFirst(result.byteCount)
    }
  }
}

extension LineOutput.Loss {
  /// One line for people, about lines of a kind such as `log` to a descriptor such as `standard error`.
  package func description(of kind: String, to name: String) -> String {
    let why = code.map { ": \(SystemError(operation: "write", code: $0).reason)" } ?? " was not read"
    return "\(count) \(kind) \(count == 1 ? "line was" : "lines were") lost: \(name)\(why)"
  }
}
