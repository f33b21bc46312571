internal import CLinux
internal import Glibc
internal import System

/// The memory that recvmmsg(2) fills: a fixed number of datagram slots with their message headers and control
/// space, allocated once. A received datagram is valid until the next `receive`.
@safe
struct DatagramSlab: ~Copyable {
  /// Datagrams in one batch.
  static let capacity = 64
  /// Bytes of one datagram; no UDP payload without jumbograms is longer.
  static let slotBytes = 65_536
  /// One cache line more than a slot, so that the first lines of all slots do not compete for one cache set.
  private static let stride = slotBytes + 64
  /// Room for the SCM_TIMESTAMPNS message: a 16-byte header and a timespec.
  private static let controlBytes = 64

  private let slots: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer
  private let names: UnsafeMutablePointer<sockaddr_storage>
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<CLinux_mmsghdr>

  init() {
    unsafe slots = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    unsafe controls = .allocate(byteCount: Self.capacity * Self.controlBytes, alignment: 16)
    unsafe names = .allocate(capacity: Self.capacity)
    unsafe names.initialize(repeating: sockaddr_storage(), count: Self.capacity)
    unsafe vectors = .allocate(capacity: Self.capacity)
    unsafe messages = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity {
      unsafe (vectors + index).initialize(
        to: iovec(iov_base: slots + index * Self.stride, iov_len: Self.slotBytes))
      var header = unsafe msghdr()
      unsafe header.msg_iov = vectors + index
      unsafe header.msg_iovlen = 1
      unsafe header.msg_control = controls + index * Self.controlBytes
      unsafe header.msg_name = UnsafeMutableRawPointer(names + index)
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

  /// Takes the datagrams that wait in `socket`, at most `capacity`, without waiting for any.
  func receive(from socket: CInt) throws(ReceiverError) -> Int {
    for index in 0..<Self.capacity {
      // The kernel shortened both to what it wrote last time.
      unsafe messages[index].msg_hdr.msg_controllen = Self.controlBytes
      unsafe messages[index].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
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

  /// The payload of the datagram at `index` of the last batch.
  @_lifetime(borrow self)
  func datagram(at index: Int) -> RawSpan {
    precondition(index >= 0 && index < Self.capacity)
    let length = unsafe min(Int(messages[index].msg_len), Self.slotBytes)
    // The slot lives as long as self and `length` is within it.
    return unsafe _overrideLifetime(
      RawSpan(_unsafeStart: slots + index * Self.stride, byteCount: length), borrowing: self)
  }

  /// Whether the datagram at `index` was longer than a slot and lost its end.
  func isSnapped(at index: Int) -> Bool {
    precondition(index >= 0 && index < Self.capacity)
    return unsafe messages[index].msg_hdr.msg_flags & CInt(MSG_TRUNC) != 0
  }

  /// Address and port that the datagram at `index` came from; nil where the kernel does not say.
  func sender(at index: Int) -> SocketAddress? {
    precondition(index >= 0 && index < Self.capacity)
    // recvmmsg has filled it, and it lives as long as self.
    return unsafe SocketAddress(UnsafeRawPointer(names + index))
  }

  /// When the kernel received the datagram at `index`: nanoseconds since 1970, UTC.
  func timestamp(at index: Int) -> UInt64 {
    precondition(index >= 0 && index < Self.capacity)
    var stamp: Int64?
    // recvmmsg has filled this header, and its control buffer lives as long as self.
    unsafe ControlMessages.forEach(in: &messages[index].msg_hdr) { level, type, payload in
      // SCM_TIMESTAMPNS has the value of the option that asks for it.
      if level == SOL_SOCKET, type == SO_TIMESTAMPNS { stamp = WallClock.nanoseconds(ofTimespec: payload) }
    }
    // One before 1970 counts as 1970.
    return UInt64(max(0, stamp ?? WallClock.nanosecondsSince1970))
  }
}
