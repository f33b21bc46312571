import FuzzSupport
import Wire

// Every parser and planner of Wire over one frame; each planned cut is carried out and put together again.
//
// Input: link layer, flags, segment size, largest packet, checksum start and offset, filler bytes, then the frame.
fuzz { data, size in
  var input = FuzzInput(data, size)
  let link = input.pick([LinkLayer.ethernet, .ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2])
  let flags = input.byte()
  let segmentSize = Int(input.word())
  let maximumPacket = Int(input.word())
  let checksumStart = Int(input.word())
  let checksumOffset = Int(input.byte())
  let filler = Int(input.word()) * (flags & 2 != 0 ? 4 : 1)
  var frame = input.frame(input.count, filler: filler)

  checkVXLAN(frame)
  let (offset, etherType) = readLink(frame, link)
  guard let etherType else { return 0 }
  if flags & 1 != 0 { repairLength(&frame, at: offset) }
  let network = Array(frame[offset...])
  guard let packet = IPPacket(network.span.bytes, etherType: etherType) else { return 0 }
  checkPacket(network, packet)
  checkFlowHash(network, packet, etherType: etherType)
  checkOpenChecksums(network, packet, start: checksumStart, offset: checksumOffset)
  checkTCP(network, packet, maximumPacket: maximumPacket, segmentSize: flags & 4 != 0 ? segmentSize : 0)
  checkUDP(network, packet, segmentSize: segmentSize)
  checkFragments(network, packet, maximumPacket: maximumPacket)
  return 0
}
