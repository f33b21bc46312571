import CPcap
import Glibc
import Wire

/// What libpcap's callback works with: collects frames and hands them to the consumer before their bytes die.
///
/// A pointer from libpcap is valid only until the callback returns. Small frames are copied into a slab, so that they
/// can be sent in batches; a large one goes from libpcap's own buffer within its callback, without a copy, after
/// those before it.
@safe
struct PcapReader: ~Copyable {
  /// Longest frame in bytes that is copied. bench/README.md has the measurement.
  static let copyLimit = 16_384
  /// Writable bytes in front of a copied frame, for the tunnel header and an Ethernet header.
  static let headroom = 32
  static let slabByteCount = 1 << 20

  private let slab = UnsafeMutableRawPointer.allocate(byteCount: Self.slabByteCount, alignment: 64)
  private var used = 0
  private var batch = FrameBatch()
  private let consumer: any FrameConsumer
  /// Of the handle that is being dispatched.
  var link = LinkLayer.ethernet
  /// MAC of that handle's interface.
  var interfaceAddress: UInt64 = 0
  /// Whether frames are only counted: time is up.
  var isCounting = false
  /// Frames that were only counted.
  private(set) var counted: UInt64 = 0

  init(consumer: any FrameConsumer) {
    self.consumer = consumer
  }

  deinit {
    unsafe slab.deallocate()
  }

  /// Takes one frame from libpcap.
  ///
  /// - Safety: `data` holds `header.caplen` bytes until this returns.
  @unsafe mutating func receive(_ header: pcap_pkthdr, _ data: UnsafePointer<UInt8>) {
    guard !isCounting else {
      counted &+= 1
      return
    }
    let count = Int(header.caplen)
    var frame = unsafe CapturedFrame(
      start: UnsafeMutableRawPointer(mutating: data), byteCount: count, wireByteCount: max(count, Int(header.len)),
      headroom: 0, link: link, interfaceAddress: interfaceAddress, offload: .unknown,
      timestamp: Int64(header.ts.tv_sec) &* 1_000_000_000 &+ Int64(header.ts.tv_usec) &* 1_000)
    guard count <= Self.copyLimit else {
      if batch.isFull { deliver() }
      batch.append(frame)
      deliver()
      return
    }
    let needed = (Self.headroom + count + 15) & ~15
    if batch.isFull || used + needed > Self.slabByteCount { deliver() }
    let start = unsafe slab + used + Self.headroom
    unsafe start.copyMemory(from: data, byteCount: count)
    unsafe frame.start = start
    frame.headroom = Self.headroom
    used += needed
    batch.append(frame)
  }

  /// Hands over what was collected.
  mutating func deliver() {
    guard batch.count > 0 else { return }
    consumer.consume(batch)
    batch.removeAll()
    used = 0
  }
}

extension UnsafeMutablePointer<PcapReader> {
  /// Lets libpcap hand its frames to the reader: `limit` at most of a live capture's, or until it has no more (-1), as is
  /// the end of a file. A live capture that fills as fast as it is read has always more.
  ///
  /// - Returns: the number of frames, or a negative PCAP_ERROR code.
  func dispatch(_ handle: PcapHandle, limit: Int32 = -1) -> Int32 {
    unsafe pcap_dispatch(
      handle.pointer, limit,
      { user, header, data in
        // The caller passes its reader; libpcap passes both others.
        unsafe UnsafeMutableRawPointer(user!).assumingMemoryBound(to: PcapReader.self)
          .pointee.receive(header!.pointee, data!)
      }, UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt8.self))
  }
}
