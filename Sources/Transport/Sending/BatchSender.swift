import CLinux
import Glibc
import System

/// What became of a send.
enum SendOutcome: Equatable {
  /// The kernel took this many datagrams, the first ones.
  case sent(Int)
  /// The first datagram is larger than the route carries.
  case tooBig
  /// Nothing was sent, for an error that ICMP reports of earlier datagrams have too: it may be the report of one, or
  /// the route itself.
  case reported(CInt)
  /// The send buffer is full.
  case full
  /// The kernel refused for this errno, and trying again at once would not help.
  case failed(CInt)
}

/// Builds the kernel's structures for a batch and sends it. All memory is allocated once.
@safe
struct BatchSender: ~Copyable {
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<CLinux_mmsghdr>
  private let control: UnsafeMutableRawBufferPointer
  /// Sends that reached the kernel.
  private(set) var calls: UInt64 = 0

  init() {
    unsafe vectors = .allocate(capacity: 2 * Batch.capacity)
    unsafe vectors.initialize(repeating: iovec(), count: 2 * Batch.capacity)
    unsafe messages = .allocate(capacity: Batch.capacity)
    unsafe messages.initialize(repeating: CLinux_mmsghdr(), count: Batch.capacity)
    unsafe control = .allocate(
      byteCount: ControlMessageEncoder.space(for: MemoryLayout<UInt16>.size), alignment: MemoryLayout<cmsghdr>.alignment
    )
    unsafe control.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
    unsafe control.deallocate()
  }

  /// Sends those datagrams of a batch without waiting, by UDP_SEGMENT if `segmented`, else one by one with `sendmmsg`.
  mutating func send(
    _ batch: Batch, of queue: borrowing DatagramQueue, _ positions: Range<Int>, on descriptor: CInt, segmented: Bool
  ) -> SendOutcome {
    segmented
      ? sendSegmented(batch, queue, positions, descriptor) : sendSeparately(batch, queue, positions, descriptor)
  }

  private mutating func sendSegmented(
    _ batch: Batch, _ queue: borrowing DatagramQueue, _ positions: Range<Int>, _ descriptor: CInt
  ) -> SendOutcome {
    var used = 0
    for position in positions { used += unsafe fill(vectors + used, queue[batch[position]]) }
    var message = unsafe msghdr()
    unsafe message.msg_iov = vectors
    unsafe message.msg_iovlen = used
    return unsafe withUnsafeMutablePointer(to: &message) { message in
      // The message stays in place in here, and the control buffer as long as self.
      var encoder = unsafe ControlMessageEncoder(message, in: control)
      encoder.append(level: CLinux_SOL_UDP, type: CLinux_UDP_SEGMENT, UInt16(truncatingIfNeeded: batch.size))
      encoder.finish()
      while true {
        let result = unsafe sendmsg(descriptor, message, CInt(MSG_DONTWAIT))
        if let outcome = outcome(result < 0 ? nil : positions.count) { return outcome }
      }
    }
  }

  private mutating func sendSeparately(
    _ batch: Batch, _ queue: borrowing DatagramQueue, _ positions: Range<Int>, _ descriptor: CInt
  ) -> SendOutcome {
    var used = 0
    for index in 0..<positions.count {
      let vectorCount = unsafe fill(vectors + used, queue[batch[positions.lowerBound + index]])
      unsafe messages[index].msg_hdr.msg_iov = vectors + used
      unsafe messages[index].msg_hdr.msg_iovlen = vectorCount
      used += vectorCount
    }
    while true {
      let result = unsafe CLinux_sendmmsg(
        descriptor, messages, UInt32(positions.count), CInt(MSG_DONTWAIT))
      if let outcome = outcome(result < 0 ? nil : Int(result)) { return outcome }
    }
  }

  /// Reads the result of a call just made (nil: it failed with errno); nil if the call is to be made again.
  private mutating func outcome(_ sent: Int?) -> SendOutcome? {
    let code = errno
    calls &+= 1
    if let sent { return .sent(sent) }
    switch code {
    case EINTR:
      return nil
    case EAGAIN:
      return .full
    // What the kernel makes of ICMP errors (icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert in net/ipv6/icmp.c)
    // and hands to the next send instead of taking it.
    case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EOPNOTSUPP, EHOSTDOWN, ENONET, EPROTO, EACCES:
      return .reported(code)
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
