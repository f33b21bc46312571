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
    unsafe vectors = .allocate(capacity: 2 * Batch.capacity)
    unsafe vectors.initialize(repeating: iovec(), count: 2 * Batch.capacity)
    unsafe messages = .allocate(capacity: Batch.capacity)
    unsafe messages.initialize(repeating: CLinux_mmsghdr(), count: Batch.capacity)
    controlByteCount = CLinux_CMSG_SPACE(MemoryLayout<UInt16>.size)
    unsafe control = .allocate(byteCount: controlByteCount, alignment: MemoryLayout<cmsghdr>.alignment)
    unsafe control.initializeMemory(as: UInt8.self, repeating: 0, count: controlByteCount)
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

  private mutating func sendSegmented(
    _ batch: Batch, _ queue: borrowing DatagramQueue, from first: Int, _ descriptor: CInt
  ) -> SendOutcome {
    var used = 0
    for position in first..<batch.count { used += unsafe fill(vectors + used, queue[batch[position]]) }
    var message = unsafe msghdr()
    unsafe message.msg_iov = vectors
    unsafe message.msg_iovlen = used
    unsafe message.msg_control = control
    unsafe message.msg_controllen = controlByteCount
    // The buffer has room for exactly this header.
    let header = unsafe CLinux_CMSG_FIRSTHDR(&message)!
    unsafe header.pointee.cmsg_level = CLinux_SOL_UDP
    unsafe header.pointee.cmsg_type = CLinux_UDP_SEGMENT
    unsafe header.pointee.cmsg_len = CLinux_CMSG_LEN(MemoryLayout<UInt16>.size)
    unsafe CLinux_CMSG_DATA(header).storeBytes(of: UInt16(truncatingIfNeeded: batch.size), as: UInt16.self)
    var reports = 0
    while true {
      let result = unsafe sendmsg(descriptor, &message, 0)
      if let outcome = outcome(result < 0 ? nil : batch.count - first, &reports) { return outcome }
    }
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
