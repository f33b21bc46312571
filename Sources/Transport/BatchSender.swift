import CLinux
import Glibc

/// What became of a send.
enum SendOutcome: Equatable {
  /// The kernel took this many datagrams, the first ones.
  case sent(Int)
  /// The first datagram is larger than the route carries.
  case tooBig
  /// The kernel refused for this errno, and trying again at once would not help.
  case failed(CInt)
}

/// Builds the kernel's structures for a batch and sends it. All memory is allocated once.
@safe
struct BatchSender: ~Copyable {
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<CLinux_mmsghdr>
  private let control: UnsafeMutableRawPointer
  private let controlByteCount: Int
  /// Sends that failed only to report an earlier datagram (ECONNREFUSED by ICMP), and were repeated.
  private(set) var reportsOfEarlier: UInt64 = 0
  /// Sends that reached the kernel.
  private(set) var calls: UInt64 = 0

  /// A report of an earlier datagram is taken off by each try; more than this many in a row are no reports.
  private static let maximumReports = 64

  init() {
    let vectorCount = 2 * Batch.capacity * BatchList.capacity
    unsafe vectors = .allocate(capacity: vectorCount)
    unsafe vectors.initialize(repeating: iovec(), count: vectorCount)
    unsafe messages = .allocate(capacity: Batch.capacity)
    unsafe messages.initialize(repeating: CLinux_mmsghdr(), count: Batch.capacity)
    controlByteCount = CLinux_CMSG_SPACE(MemoryLayout<UInt16>.size)
    let room = controlByteCount * BatchList.capacity
    unsafe control = .allocate(byteCount: room, alignment: MemoryLayout<cmsghdr>.alignment)
    unsafe control.initializeMemory(as: UInt8.self, repeating: 0, count: room)
  }

  deinit {
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
    unsafe control.deallocate()
  }

  /// Sends a batch, by UDP_SEGMENT if `segmented`, else datagram by datagram with `sendmmsg`.
  mutating func send(
    _ batch: Batch, of queue: borrowing DatagramQueue, from first: Int, on descriptor: CInt, segmented: Bool
  ) -> SendOutcome {
    if segmented, batch.count - first > 1 {
      return sendSegmented(batch, queue, from: first, descriptor)
    }
    return sendSeparately(batch, queue, from: first, descriptor)
  }

  /// Sends the batches of a list that are not done with, by UDP_SEGMENT, with one call.
  ///
  /// - Returns: how many batches the kernel took whole. What is wrong with the next one, `send` tells.
  mutating func sendTogether(
    _ batches: borrowing BatchList, of queue: borrowing DatagramQueue, on descriptor: CInt
  ) -> Int {
    var used = 0
    let count = batches.count - batches.first
    for index in 0..<count {
      used += fill(message: index, vector: used, batches[batches.first + index], queue, from: 0)
    }
    var reports = 0
    while true {
      let result = unsafe CLinux_sendmmsg(descriptor, messages, UInt32(count), 0)
      guard let outcome = outcome(result < 0 ? nil : Int(result), &reports) else { continue }
      if case .sent(let sent) = outcome { return sent }
      return 0
    }
  }

  private mutating func sendSegmented(
    _ batch: Batch, _ queue: borrowing DatagramQueue, from first: Int, _ descriptor: CInt
  ) -> SendOutcome {
    _ = fill(message: 0, vector: 0, batch, queue, from: first)
    var reports = 0
    while true {
      let result = unsafe sendmsg(descriptor, &messages[0].msg_hdr, 0)
      if let outcome = outcome(result < 0 ? nil : batch.count - first, &reports) { return outcome }
    }
  }

  /// Makes message `index` of a batch, its vectors from `start` on; returns how many vectors it took.
  private mutating func fill(
    message index: Int, vector start: Int, _ batch: Batch, _ queue: borrowing DatagramQueue, from first: Int
  ) -> Int {
    var used = start
    for position in first..<batch.count { used += unsafe fill(vectors + used, queue[batch[position]]) }
    unsafe messages[index].msg_hdr.msg_iov = vectors + start
    unsafe messages[index].msg_hdr.msg_iovlen = used - start
    guard batch.count - first > 1 else {
      unsafe messages[index].msg_hdr.msg_control = nil
      unsafe messages[index].msg_hdr.msg_controllen = 0
      return used - start
    }
    unsafe messages[index].msg_hdr.msg_control = control + index * controlByteCount
    unsafe messages[index].msg_hdr.msg_controllen = controlByteCount
    // The buffer has room for exactly this header.
    let header = unsafe CLinux_CMSG_FIRSTHDR(&messages[index].msg_hdr)!
    unsafe header.pointee.cmsg_level = CLinux_SOL_UDP
    unsafe header.pointee.cmsg_type = CLinux_UDP_SEGMENT
    unsafe header.pointee.cmsg_len = CLinux_CMSG_LEN(MemoryLayout<UInt16>.size)
    unsafe CLinux_CMSG_DATA(header).storeBytes(of: UInt16(truncatingIfNeeded: batch.size), as: UInt16.self)
    return used - start
  }

  private mutating func sendSeparately(
    _ batch: Batch, _ queue: borrowing DatagramQueue, from first: Int, _ descriptor: CInt
  ) -> SendOutcome {
    var used = 0
    let count = batch.count - first
    for index in 0..<count {
      let vectorCount = unsafe fill(vectors + used, queue[batch[first + index]])
      unsafe messages[index].msg_hdr.msg_iov = vectors + used
      unsafe messages[index].msg_hdr.msg_iovlen = vectorCount
      unsafe messages[index].msg_hdr.msg_control = nil
      unsafe messages[index].msg_hdr.msg_controllen = 0
      used += vectorCount
    }
    var reports = 0
    while true {
      let result = unsafe CLinux_sendmmsg(descriptor, messages, UInt32(count), 0)
      if let outcome = outcome(result < 0 ? nil : Int(result), &reports) { return outcome }
    }
  }

  /// Reads the result of a call just made (nil: it failed with errno); nil if the call is to be made again.
  private mutating func outcome(_ sent: Int?, _ reports: inout Int) -> SendOutcome? {
    let code = errno
    calls &+= 1
    if let sent { return .sent(sent) }
    switch code {
    case EINTR:
      return nil
    case ECONNREFUSED where reports < Self.maximumReports:
      // Nothing was sent: the kernel handed us the ICMP error about an earlier datagram instead.
      reports += 1
      reportsOfEarlier &+= 1
      return nil
    case EMSGSIZE:
      return .tooBig
    case EBADF, EFAULT, ENOTSOCK:
      preconditionFailure("send: a closed socket or a wrong address is a bug")
    default:
      return .failed(code)
    }
  }

  /// Fills one or two vectors with a datagram; returns how many.
  @inline(__always)
  private func fill(_ vector: UnsafeMutablePointer<iovec>, _ datagram: QueuedDatagram) -> Int {
    unsafe vector[0] = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: datagram.head), iov_len: Int(datagram.headByteCount))
    guard let tail = unsafe datagram.tail, datagram.tailByteCount > 0 else { return 1 }
    unsafe vector[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: tail), iov_len: Int(datagram.tailByteCount))
    return 2
  }
}
