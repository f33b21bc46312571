import FuzzSupport
import Wire

// Every parser and planner of Wire over one frame; of each planned cut the first pieces, the middle and the last are
// made and read again.
//
// Input: link layer, flags, segment size, largest packet, checksum start and offset, filler bytes, then the frame.
// No frame is larger than this, which is beyond what an IP length field can say.
let largestFrame = 140_000
let memory = GuardedMemory(capacity: largestFrame + 4_096)
let links = [LinkLayer.ethernet, .ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2]

fuzz { data, size in
  var input = FuzzInput(data, size)
  let link = links[Int(input.byte()) % links.count]
  let flags = input.byte()
  let segmentSize = Int(input.word())
  let maximumPacket = Int(input.word())
  let checksumStart = Int(input.word())
  let checksumOffset = Int(input.byte())
  let filler = min(Int(input.word()) * (flags & 2 != 0 ? 4 : 1), largestFrame)
  let frame = input.frame(input.count, filler: filler, in: memory)

  checkVXLAN(UnsafeRawBufferPointer(frame))
  let (offset, etherType) = readLink(UnsafeRawBufferPointer(frame), link)
  guard let etherType else { return 0 }
  if flags & 1 != 0 { repairLength(frame, at: offset) }
  let writable = UnsafeMutableRawBufferPointer(rebasing: frame[offset...])
  let network = UnsafeRawBufferPointer(writable)
  guard let packet = IPPacket(network.bytes, etherType: etherType) else { return 0 }
  checkPacket(network, packet)
  checkFlowHash(writable, packet, etherType: etherType)
  checkOpenChecksums(network, packet, start: checksumStart, offset: checksumOffset)
  checkTCP(network, packet, maximumPacket: maximumPacket, segmentSize: flags & 4 != 0 ? segmentSize : 0)
  checkUDP(network, packet, segmentSize: segmentSize)
  checkFragments(network, packet, maximumPacket: maximumPacket)
  return 0
}
