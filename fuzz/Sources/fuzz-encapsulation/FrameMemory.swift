import Capture
import FuzzSupport
import Wire

/// A captured frame in memory of exactly its size, so that AddressSanitizer sees every byte beyond it.
struct FrameMemory {
  /// What the engine would hand over.
  let captured: CapturedFrame
  private let memory: UnsafeMutableRawBufferPointer
  private let bytes: [UInt8]
  private let headroom: Int

  /// Reads metadata and bytes; the memory is there until `checkAndFree`.
  init(_ input: inout FuzzInput) {
    let link = input.pick([LinkLayer.ethernet, .ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2])
    let flags = input.byte()
    var offload = OffloadMetadata.unknown
    offload.kind = input.pick([.none, .tcp, .udp])
    offload.checksum = input.pick([.unknown, .finished, .open])
    offload.segmentSize = input.word()
    offload.checksumStart = UInt16(input.byte())
    offload.checksumOffset = UInt16(input.byte())
    headroom = flags & 1 != 0 ? 0 : flags & 2 != 0 ? 32 : Int(input.byte() & 63)
    let filler = Int(input.word()) * (flags & 4 != 0 ? 2 : 1)
    let wanted = Int(input.word())
    var bytes = input.frame(wanted, filler: filler)
    if flags & 8 != 0 { repairLength(&bytes, at: networkOffset(bytes, link)) }
    self.bytes = bytes

    memory = .allocate(byteCount: headroom + bytes.count, alignment: 1)
    memory.initializeMemory(as: UInt8.self, repeating: 0xA5)
    UnsafeMutableRawBufferPointer(rebasing: memory[headroom...]).copyBytes(from: bytes)
    captured = CapturedFrame(
      start: memory.baseAddress! + headroom, byteCount: bytes.count,
      wireByteCount: bytes.count + (flags & 16 != 0 ? 100 : 0), headroom: headroom, link: link,
      interfaceAddress: 0x0200_0000_0001, offload: offload)
  }

  /// Fails if a frame changed that was read-only.
  func checkAndFree() {
    if headroom == 0 { require(memory.elementsEqual(bytes), "a read-only frame was changed") }
    memory.deallocate()
  }
}

private func networkOffset(_ frame: [UInt8], _ link: LinkLayer) -> Int {
  link == .ethernet ? EthernetHeader(frame.span.bytes)?.headerByteCount ?? 0 : link.headerByteCount
}
