internal import Glibc
internal import System

/// Lets frames arrive at a TAP interface, for every tool that captures and knows no tunnel.
struct TapSink: ~Copyable, FrameSink {
  private let device: TapDevice
  /// Frames that the interface did not take: it was down, or the system short of memory.
  private(set) var pending = FrameTally()
  /// Longest frame so far that the MTU allows.
  private var longest: Int

  /// The MTU that no TAP interface exceeds, and the Ethernet header that it does not count, in bytes.
  static let maximumMTU = 65_521
  static let headerByteCount = 14

  /// In front of `device`, whose MTU is `mtu`.
  init(_ device: consuming TapDevice, mtu: Int) {
    self.device = device
    longest = mtu + Self.headerByteCount
  }

  /// None: an interface has no reader to lose.
  var outputDescriptor: CInt? { nil }

  /// Lets the frame arrive. One that is longer than all before raises the MTU: tools size their buffers by it.
  mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    if frame.byteCount > longest { raise(to: frame.byteCount) }
    do throws(SystemError) {
      try device.write(frame)
    } catch {
      switch error.code {
      // Down for now (EIO), or no memory: this frame is lost, the next may not be.
      case EIO, ENOMEM, ENOBUFS, EAGAIN: pending.add(UInt64(frame.byteCount))
      default: throw ReceiverError(.write, code: error.code)
      }
    }
  }

  /// A frame is delivered whatever the MTU, so a failure matters little.
  private mutating func raise(to byteCount: Int) {
    longest = byteCount
    try? device.setMTU(min(byteCount - Self.headerByteCount, Self.maximumMTU))
  }

  /// Nothing is buffered.
  mutating func flush() throws(ReceiverError) {}
}

extension ReceiveOutput {
  /// Whether an interface may be called so.
  public static func isTapName(_ text: String) -> Bool { TapDevice.isName(text) }

  /// A TAP interface called `name`, which goes with the program; each of `workers` has a queue of it.
  ///
  /// Its MTU is that of the longest frame that fits into what the host's interfaces take, and is raised when a longer one
  /// comes after all.
  ///
  /// - Throws: `ReceiverError` of `.openTap`: EPERM without CAP_NET_ADMIN, ENOENT without `/dev/net/tun`, EBUSY where
  ///   another program has it.
  public convenience init(
    tap name: String, workers: Int, onEnd: @escaping @Sendable (String, End) -> Void = { _, _ in }
  ) throws(ReceiverError) {
    let mtu = TapMTU.ofThisHost
    var slots: [any FrameSlot] = []
    for _ in 0..<workers {
      let device = try TapDevice(name, hasQueues: workers > 1)
      if slots.isEmpty { try device.bringUp(mtu: mtu) }
      slots.append(SinkSlot(TapSink(device, mtu: mtu)))
    }
    self.init(name, slots: slots, onEnd: onEnd)
  }
}
