internal import CLinux
internal import Glibc
internal import System
internal import Wire

/// The memory that recvmmsg(2) fills: a fixed number of message slots with their headers, names and control space,
/// allocated once. What was received is valid until the next `receive`.
///
/// With UDP_GRO a message may be a train: datagrams of one sender and one size, the last may be shorter, put together.
@safe
struct DatagramSlab: ~Copyable {
  /// What the kernel says of a message.
  struct Details {
    /// When it was received: nanoseconds since 1970, UTC. One before 1970 counts as 1970.
    var timestamp: UInt64
    /// Bytes of each datagram of a train; 0 where it is a datagram by itself.
    var segmentByteCount = 0
    /// Whether it came in IP fragments.
    var isFragmented = false
  }

  /// Messages in one batch.
  static let capacity = 64
  /// Bytes of one message; no UDP payload without jumbograms is longer, nor is a train.
  static let slotBytes = 65_536
  /// One cache line more than a slot, so that the first lines of all slots do not compete for one cache set.
  private static let stride = slotBytes + 64
  /// Room for the messages asked for: a timespec and up to three integers, each behind a 16-byte header.
  private static let controlBytes = 128
  /// Room for a `sockaddr_in6`.
  private static let nameBytes = 32

  private let slots: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer
  private let names: UnsafeMutableRawPointer
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<CLinux_mmsghdr>

  init() {
    unsafe slots = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    unsafe controls = .allocate(byteCount: Self.capacity * Self.controlBytes, alignment: 16)
    unsafe names = .allocate(byteCount: Self.capacity * Self.nameBytes, alignment: 16)
    unsafe vectors = .allocate(capacity: Self.capacity)
    unsafe messages = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity {
      unsafe (vectors + index).initialize(
        to: iovec(iov_base: slots + index * Self.stride, iov_len: Self.slotBytes))
      var header = unsafe msghdr()
      unsafe header.msg_iov = vectors + index
      unsafe header.msg_iovlen = 1
      unsafe header.msg_control = controls + index * Self.controlBytes
      unsafe header.msg_name = names + index * Self.nameBytes
      unsafe (messages + index).initialize(to: CLinux_mmsghdr(msg_hdr: header, msg_len: 0))
    }
  }

  deinit {
    unsafe slots.deallocate()
    unsafe controls.deallocate()
    unsafe names.deallocate()
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
  }

  /// Takes the messages that wait in `socket`, at most `capacity`, without waiting for any.
  func receive(from socket: CInt) throws(ReceiverError) -> Int {
    for index in 0..<Self.capacity {
      // The kernel shortened them to what it wrote last time.
      unsafe messages[index].msg_hdr.msg_controllen = Self.controlBytes
      unsafe messages[index].msg_hdr.msg_namelen = socklen_t(Self.nameBytes)
    }
    do throws(SystemError) {
      let count = try Syscall.performNow("recvmmsg") {
        unsafe CLinux_recvmmsg(socket, messages, CUnsignedInt(Self.capacity), CInt(MSG_DONTWAIT))
      }
      return Int(count ?? 0)
    } catch {
      throw ReceiverError(.recvmmsg, code: error.code)
    }
  }

  /// The payload of the message at `index` of the last batch.
  @_lifetime(borrow self)
  func message(at index: Int) -> RawSpan {
    precondition(index >= 0 && index < Self.capacity)
    let length = unsafe min(Int(messages[index].msg_len), Self.slotBytes)
    // The slot lives as long as self and `length` is within it.
    return unsafe _overrideLifetime(
      RawSpan(_unsafeStart: slots + index * Self.stride, byteCount: length), borrowing: self)
  }

  /// The bytes of a frame of the last batch.
  @_lifetime(borrow self)
  func frame(_ entry: FrameList.Entry) -> RawSpan {
    let bytes = message(at: Int(entry.message))
    let frame = bytes.extracting(Int(entry.offset)..<Int(entry.offset) + Int(entry.byteCount))
    // As the message's.
    return unsafe _overrideLifetime(frame, borrowing: self)
  }

  /// Whether the message at `index` was longer than a slot and lost its end.
  func isSnapped(at index: Int) -> Bool {
    precondition(index >= 0 && index < Self.capacity)
    return unsafe messages[index].msg_hdr.msg_flags & CInt(MSG_TRUNC) != 0
  }

  /// Address and port that the message at `index` came from.
  func sender(at index: Int) -> (address: SenderAddress, port: UInt16) {
    precondition(index >= 0 && index < Self.capacity)
    // The slot has room for either kind of address, whatever the kernel has written.
    let name = unsafe RawSpan(_unsafeStart: names + index * Self.nameBytes, byteCount: Self.nameBytes)
    return SocketName.read(name)
  }

  /// What the kernel says of the message at `index`.
  func details(at index: Int) -> Details {
    precondition(index >= 0 && index < Self.capacity)
    var stamp: Int64?
    var details = Details(timestamp: 0)
    // recvmmsg has filled this header, and its control buffer lives as long as self.
    unsafe ControlMessages.forEach(in: &messages[index].msg_hdr) { level, type, payload in
      switch (level, type) {
      // SCM_TIMESTAMPNS has the value of the option that asks for it.
      case (SOL_SOCKET, SO_TIMESTAMPNS): stamp = WallClock.nanoseconds(ofTimespec: payload)
      case (CLinux_SOL_UDP, ListeningSocket.udpGRO) where payload.byteCount >= 4:
        details.segmentByteCount = Int(max(0, unsafe payload.unsafeLoadUnaligned(as: CInt.self)))
      case (CInt(IPPROTO_IP), ListeningSocket.ipFragmentSize), (CInt(IPPROTO_IPV6), ListeningSocket.ipv6FragmentSize):
        details.isFragmented = true
      default: break
      }
    }
    details.timestamp = UInt64(max(0, stamp ?? WallClock.nanosecondsSince1970))
    return details
  }
}
