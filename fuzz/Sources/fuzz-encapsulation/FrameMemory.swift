import CFuzzSupport
import Capture
import FuzzSupport
import Glibc
import Wire

/// A place for one captured frame, at the end of memory that may be touched.
final class FrameMemory {
  /// Bytes of filler that a frame has at most: with them it is longer than an IP length field can say.
  static let largestFiller = 131_072
  /// Bytes of the frame, from its start on, that are compared with a copy; behind them there is filler only.
  private static let largestCopy = 4_096 + 64

  /// What the engine would hand over.
  private(set) var captured: CapturedFrame!
  private let memory = GuardedMemory(capacity: 64 + 4_096 + largestFiller)
  private let copy = UnsafeMutableRawPointer.allocate(byteCount: largestCopy, alignment: 8)
  private var frame = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var kept = 0
  private var copied = 0
  private var headroom = 0

  private static let links = [LinkLayer.ethernet, .ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2]
  private static let kinds = [OffloadMetadata.Kind.none, .tcp, .udp]
  private static let checksums = [OffloadMetadata.Checksum.unknown, .finished, .open]

  /// Reads metadata and bytes. The frame is no longer than `largest` bytes of filler make it.
  func fill(_ input: inout FuzzInput, largest: Int) {
    let link = Self.links[Int(input.byte()) % Self.links.count]
    let flags = input.byte()
    var offload = OffloadMetadata.unknown
    offload.kind = Self.kinds[Int(input.byte()) % 3]
    offload.checksum = Self.checksums[Int(input.byte()) % 3]
    offload.segmentSize = input.word()
    offload.checksumStart = UInt16(input.byte())
    offload.checksumOffset = UInt16(input.byte())
    headroom = flags & 1 != 0 ? 0 : flags & 2 != 0 ? 32 : Int(input.byte() & 63)
    let filler = min(Int(input.word()) * (flags & 4 != 0 ? 2 : 1), Self.largestFiller, largest)
    let wanted = min(Int(input.word()), 4_096)
    frame = input.frame(wanted, filler: filler, headroom: headroom, in: memory)
    kept = frame.count - filler
    if flags & 8 != 0 { repairLength(frame, at: networkOffset(link)) }
    copied = min(frame.count, kept + 64)
    if copied > 0 { memcpy(copy, frame.baseAddress!, copied) }
    captured = CapturedFrame(
      start: frame.baseAddress!, byteCount: frame.count, wireByteCount: frame.count + (flags & 16 != 0 ? 100 : 0),
      headroom: headroom, link: link, interfaceAddress: 0x0200_0000_0001, offload: offload)
  }

  /// Fails if a frame changed that was read-only.
  func check() {
    guard headroom == 0 else { return }
    require(copied == 0 || memcmp(copy, frame.baseAddress!, copied) == 0, "a read-only frame was changed")
    let rest = frame.count - copied
    require(
      rest == 0 || CFuzzSupport_is_filled(frame.baseAddress! + copied, rest, copied - kept) != 0,
      "a read-only frame was changed far behind its headers")
  }

  private func networkOffset(_ link: LinkLayer) -> Int {
    link == .ethernet
      ? EthernetHeader(UnsafeRawBufferPointer(frame).bytes)?.headerByteCount ?? 0 : link.headerByteCount
  }
}
