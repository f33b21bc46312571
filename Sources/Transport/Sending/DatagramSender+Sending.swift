import Glibc
import System

// What a flush does with one lane: batches, sends, and what becomes of errors.
extension DatagramSender {
  /// EMSGSIZE in a row without a smaller route before a datagram is given up.
  private static let maximumRetries = 8
  /// Sends in a row that only reported earlier datagrams before the batch is given up: each takes one report away.
  private static let maximumReports = 64
  /// Failures in a row with no ICMP error behind them before it is the route that is meant, and not an earlier
  /// datagram.
  private static let maximumUnexplained = 2

  mutating func sendLane(pathIndex: Int, lane: Int) {
    let path = collectors.paths[pathIndex]
    schedule.load(queue.takeLane(pathIndex * lanesPerPath + lane), of: &queue)
    while !schedule.isEmpty {
      schedule.takeBatch(
        of: queue, maximumCount: Batch.capacity,
        maximumByteCount: path.usesGSO ? Self.maximumSendByteCount : Int.max, into: &batch)
      let sent = sendBatch(path, pathIndex, path.sockets[lane])
      if sent < batch.count { setAside(from: sent, pathIndex: pathIndex, lane: lane) }
    }
  }

  /// Sends the batch; returns how much of it is done with, which is less than all only if the next datagram is too
  /// big for the route.
  private mutating func sendBatch(_ path: CollectorPath, _ pathIndex: Int, _ socket: SourcePortSocket) -> Int {
    var done = 0
    var retries = 0
    var reports = 0
    var unexplained = 0
    // Set when UDP_SEGMENT failed: is it the offload, or would the datagram fail alone as well?
    var suspicion: CInt?
    while done < batch.count {
      let segmented = suspicion == nil && path.usesGSO && batch.count - done > 1
      let positions = done..<(suspicion == nil ? batch.count : done + 1)
      switch batchSender.send(batch, of: queue, positions, on: socket.descriptor, segmented: segmented) {
      case .sent(let count):
        countSent(done..<done + count, path, socket)
        done += count
        (retries, reports, unexplained) = (0, 0, 0)
        if let code = suspicion {
          path.giveUpSegmentation(code: code)
          suspicion = nil
        } else if segmented {
          path.segmentationWorked()
        }
      case .tooBig:
        if isTooBig(path, socket) { return done }
        // The error was about an earlier datagram: the same again, but not for ever.
        retries += 1
        if retries > Self.maximumRetries { drop(&done, through: done + 1, path, pathIndex, code: EMSGSIZE) }
      case .reported(let code):
        reports += 1
        unexplained = path.takeReports(of: socket) > 0 ? 0 : unexplained + 1
        counters.repeatedSends &+= 1
        guard reports > Self.maximumReports || unexplained > Self.maximumUnexplained else { continue }
        drop(&done, through: batch.count, path, pathIndex, code: code)
      case .full:
        // A report that waits would end the wait at once.
        path.takeReports(of: socket)
        if !patience.wait(for: socket, pathIndex: pathIndex) {
          drop(&done, through: batch.count, path, pathIndex, code: EAGAIN)
        }
      case .failed(let code) where segmented && (code == EINVAL || code == EIO):
        // EINVAL also says that a segment is larger than the route carries.
        if code == EINVAL, isTooBig(path, socket) { return done }
        suspicion = code
      case .failed(let code):
        // What a queue or a firewall does to one datagram it need not do to the next.
        let isAlone = !segmented && (code == ENOBUFS || code == EPERM)
        drop(&done, through: isAlone ? done + 1 : batch.count, path, pathIndex, code: code)
      }
    }
    return done
  }

  /// Moves what is left of the batch, and of its lane behind it, to those that are too big. Rare, so it may allocate.
  private mutating func setAside(from first: Int, pathIndex: Int, lane: Int) {
    var start = first
    repeat {
      for position in start..<batch.count {
        tooBig.append(TooBigDatagram(queue[batch[position]], path: pathIndex, lane: lane))
      }
      start = 0
      schedule.takeBatch(of: queue, maximumCount: Batch.capacity, maximumByteCount: Int.max, into: &batch)
    } while batch.count > 0
  }

  /// Whether datagrams of the batch exceed what their route carries now.
  private func isTooBig(_ path: CollectorPath, _ socket: SourcePortSocket) -> Bool {
    path.lowerMTU(socket)
    return batch.size + path.address.overhead > path.routeMTU
  }

  private mutating func countSent(_ positions: Range<Int>, _ path: CollectorPath, _ socket: SourcePortSocket) {
    var bytes = positions.count * path.address.overhead
    for position in positions { bytes += queue[batch[position]].byteCount }
    counters.sentDatagrams &+= UInt64(positions.count)
    counters.sentBytes &+= UInt64(bytes)
    path.ledger.countSent(datagrams: positions.count, bytes: bytes)
    socket.account.add(datagrams: positions.count, bytes: bytes)
  }

  private mutating func drop(_ done: inout Int, through end: Int, _ path: CollectorPath, _ pathIndex: Int, code: CInt) {
    path.ledger.countFailed(datagrams: end - done, code: code)
    while done < end {
      ledger.failed(queue[batch[done]].frame, path: pathIndex, code: code)
      done += 1
    }
  }
}
