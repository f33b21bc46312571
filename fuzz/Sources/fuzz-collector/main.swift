import Receiver
import FuzzSupport
import Glibc
import Wire

// What a collector does with datagrams from anywhere: check, describe, write as pcapng; the file is then read again.
//
// Input: VNI filter, then for each datagram flags, length and bytes.
let file = OutputFile()
/// A run has few datagrams: what they may have to do with each other shows with four.
let largestCount = 4
let sender = SenderAddress("192.0.2.1")!
let memories = (0..<largestCount).map { _ in GuardedMemory(capacity: 4_096 + 60_000) }

fuzz { data, size in
  var input = FuzzInput(data, size)
  let filter = input.byte()
  var decapsulation = Decapsulation(vnis: filter & 1 != 0 ? [UInt32(filter >> 1)] : [])
  file.begin()
  var writer = PcapngWriter(descriptor: file.descriptor)
  var frames = 0
  var datagrams = 0
  while input.count > 0, datagrams < largestCount {
    let flags = input.byte()
    let length = Int(input.word() & 0xFFF)
    let datagram = UnsafeRawBufferPointer(
      input.frame(length, filler: flags & 14 == 14 ? 60_000 : 0, in: memories[datagrams]))
    let timestamp = UInt64(flags) << 56 | 0x00FE_DCBA_9876_5432
    datagrams += 1
    probe(datagram.bytes)
    guard let header = decapsulation.check(datagram.bytes, isSnapped: flags & 1 != 0) else {
      // The description must stand any bytes, of any length.
      describe(datagram.bytes, VXLANHeader(vni: 1), timestamp)
      continue
    }
    require(decapsulation.vnis.isEmpty || decapsulation.vnis.contains(header.vni), "filtered VNI")
    let frame = datagram.part(VXLANHeader.byteCount..<datagram.count)
    require(frame.count >= Decapsulation.minimumFrame, "short frame")
    describe(frame.bytes, header, timestamp)
    let origin = FrameOrigin(header: header, sender: sender, timestamp: timestamp)
    write(frame.bytes, origin, to: &writer)
    file.expect(ExpectedFrame(bytes: frame, timestamp: timestamp, vni: header.vni))
    frames += 1
  }
  let counters = decapsulation.counters
  require(
    counters.datagrams == UInt64(datagrams)
      && counters.datagrams
        == counters.frames + counters.invalidHeaders + counters.otherVNI + counters.truncated,
    "\(counters)")
  require(counters.frames == UInt64(frames), "frames")
  do { try writer.flush() } catch { fatalError("flush: \(error)") }
  file.check()
  return 0
}

/// A datagram with a probe in it is no shorter than one, and reads the same when it is written again.
func probe(_ datagram: RawSpan) {
  guard let found = ProbeFrame.find(in: datagram) else { return }
  require(datagram.byteCount >= VXLANHeader.byteCount + ProbeFrame.byteCount, "short probe")
  let again = found.frame.datagram(vni: found.vni).withUnsafeBytes { ProbeFrame.find(in: $0.bytes) }
  require(again?.frame == found.frame && again?.vni == found.vni, "probe")
}

func describe(_ frame: RawSpan, _ header: VXLANHeader, _ timestamp: UInt64) {
  require(!FrameSummary.line(frame, header: header, timestamp: timestamp).isEmpty, "no description")
}

func write(_ frame: RawSpan, _ origin: FrameOrigin, to writer: inout PcapngWriter) {
  do { try writer.receive(frame, origin) } catch { fatalError("write: \(error)") }
}
