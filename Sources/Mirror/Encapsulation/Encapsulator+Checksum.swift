import Capture
import Wire

extension Encapsulator {
  /// The checksum that offload left open, with its value; nil if there is none, or it is to stay as it is.
  mutating func partialChecksum(_ frame: InnerFrame, _ packet: IPPacket?) -> FieldValue? {
    guard policy.checksum == .fill, !frame.isSnapped else { return nil }
    let found: PartialChecksum?
    switch frame.offload.checksum {
    case .finished:
      found = nil
    case .open:
      found = PartialChecksum(
        frame.packetBytes, packet, start: Int(frame.offload.checksumStart), offset: Int(frame.offload.checksumOffset))
    case .unknown:
      found = packet.flatMap { PartialChecksum(detectedIn: frame.packetBytes, $0) }
    }
    guard let found else { return nil }
    counters.checksumsFilled &+= 1
    // Of a tunnel's super-frame the outer checksum may be open as well; it covers the inner one, which must be
    // finished first. (The packet is not unwrapped before it is needed: that copies it.)
    if let header = packet?.headerByteCount, found.start > header, frame.isWritable, let packet,
      let outer = PartialChecksum(detectedIn: frame.packetBytes, packet)
    {
      frame.overwrite(found.completed(frame.packetBytes))
      return outer.completed(frame.packetBytes)
    }
    return found.completed(frame.packetBytes)
  }
}
