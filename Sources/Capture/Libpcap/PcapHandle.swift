import CLinux
import CPcap
import Glibc
import System

/// Owner of a libpcap handle.
@safe
final class PcapHandle {
  let pointer: OpaquePointer
  /// Interface name, or the path of a capture file.
  let name: String

  /// An EtherType that no frame has: IEEE 802's number 2 for local experiments.
  private static let unusedProtocol: Int32 = 0x88B6

  private init(_ pointer: OpaquePointer, name: String) {
    unsafe self.pointer = pointer
    self.name = name
  }

  deinit {
    unsafe pcap_close(pointer)
  }

  /// How a live handle is opened.
  struct Options {
    /// Bytes kept of each frame.
    var snapLength: Int32
    /// Capture buffer in bytes.
    var bufferByteCount: Int32
    /// Longest time in milliseconds that a frame waits in a block that is not full.
    var timeoutMilliseconds: Int32
    var isPromiscuous: Bool

    /// For a handle that is opened to ask libpcap something, not to capture.
    static let forLookUp = Options(
      snapLength: 64, bufferByteCount: 65_536, timeoutMilliseconds: 1_000, isPromiscuous: false)
  }

  /// Opens and activates a live capture, which receives nothing before `setFilter`; fails if the interface is not there,
  /// is down, or may not be captured on.
  static func open(interface name: String, _ options: Options) throws(CaptureError) -> PcapHandle {
    var message = ErrorText()
    guard let pointer = unsafe message.fill({ unsafe pcap_create(name, $0) }) else {
      throw .failed(operation: "pcap_create(\(name))", reason: message.text)
    }
    let handle = unsafe PcapHandle(pointer, name: name)
    unsafe pcap_set_snaplen(pointer, options.snapLength)
    unsafe pcap_set_promisc(pointer, options.isPromiscuous ? 1 : 0)
    unsafe pcap_set_timeout(pointer, options.timeoutMilliseconds)
    unsafe pcap_set_buffer_size(pointer, options.bufferByteCount)
    // Nothing may arrive before there is a filter, and there can be none before this call has bound the socket.
    unsafe pcap_set_protocol_linux(pointer, Self.unusedProtocol)
    let status = unsafe pcap_activate(pointer)
    if status < 0 { throw handle.activationError(status) }
    return handle
  }

  /// Opens a capture file.
  static func open(file path: String) throws(CaptureError) -> PcapHandle {
    var message = ErrorText()
    guard let pointer = unsafe message.fill({ unsafe pcap_open_offline(path, $0) }) else {
      throw .failed(operation: "pcap_open_offline", reason: message.text)
    }
    return unsafe PcapHandle(pointer, name: path)
  }

  /// A handle that can only compile filters.
  static func dead(linkType: Int32) -> PcapHandle {
    // Fails only without memory.
    unsafe PcapHandle(pcap_open_dead(linkType, 262_144)!, name: "none")
  }

  /// DLT_* value of what the handle delivers.
  var linkType: Int32 { unsafe pcap_datalink(pointer) }

  /// libpcap's text for the last failure.
  var lastError: String { unsafe String(cString: pcap_geterr(pointer)) }

  /// Compiles an expression for this handle's link type, with what Linux keeps beside the packet (`vlan`, `inbound`,
  /// `ifindex`) if the handle is live.
  func compile(_ expression: String) throws(CaptureError) -> BPFProgram {
    var program = unsafe bpf_program()
    guard unsafe pcap_compile(pointer, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
      throw .filter(expression: expression, message: lastError)
    }
    defer { unsafe pcap_freecode(&program) }
    let instructions = unsafe UnsafeBufferPointer(start: program.bf_insns, count: Int(program.bf_len))
    return unsafe BPFProgram(
      instructions: instructions.map { BPFProgram.Instruction($0.code, $0.k, jumpTrue: $0.jt, jumpFalse: $0.jf) })
  }

  /// Compiles and installs an expression on a capture file. Not for a live capture: what libpcap has there, it also runs
  /// in user space, where metadata reads as the end of the packet.
  func setFilter(_ expression: String) throws(CaptureError) {
    let program = try compile(expression)
    let result = unsafe program.withProgram { unsafe pcap_setfilter(pointer, $0) }
    guard result == 0 else { throw .failed(operation: "pcap_setfilter(\(name))", reason: lastError) }
  }

  /// Puts `program` in force on a live capture, which starts with the first call. Fails closed, see
  /// `BPFProgram.replace`.
  func setFilter(_ program: BPFProgram) throws(CaptureError) {
    let descriptor = unsafe pcap_fileno(pointer)
    try program.replace(on: descriptor)
    try startReceiving(descriptor)
  }

  /// Has the handle's socket receive frames of every protocol from its interface.
  private func startReceiving(_ descriptor: CInt) throws(CaptureError) {
    var address = sockaddr_ll()
    var size = socklen_t(MemoryLayout<sockaddr_ll>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        guard unsafe getsockname(descriptor, generic, &size) == 0 else { return CInt(-1) }
        let all = UInt16(CLinux_ETH_P_ALL).bigEndian
        guard unsafe pointer.pointee.sll_protocol != all else { return 0 }
        unsafe pointer.pointee.sll_protocol = all
        return unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_ll>.size))
      }
    }
    guard result == 0 else { throw .system(.last("bind(\(name))")) }
  }

  /// Makes dispatching return at once when nothing is there.
  func setNonBlocking() throws(CaptureError) {
    var message = ErrorText()
    guard unsafe message.fill({ unsafe pcap_setnonblock(pointer, 1, $0) }) == 0 else {
      throw .failed(operation: "pcap_setnonblock(\(name))", reason: message.text)
    }
  }

  private func activationError(_ status: Int32) -> CaptureError {
    switch status {
    case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
      return .notPermitted
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return .noSuchInterface(name: name, existing: NetworkInterface.all().map(\.name))
    case PCAP_ERROR_IFACE_NOT_UP:
      return .interfaceDown(name: name)
    default:
      let text = lastError
      let reason = unsafe text.isEmpty ? String(cString: pcap_statustostr(status)) : text
      return .failed(operation: "pcap_activate(\(name))", reason: reason)
    }
  }
}

/// The buffer libpcap writes error texts to.
private struct ErrorText {
  private var bytes = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))

  mutating func fill<R>(_ body: (UnsafeMutablePointer<CChar>) -> R) -> R {
    unsafe bytes.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
  }

  var text: String { String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}
