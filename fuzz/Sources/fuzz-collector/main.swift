import Collector
import FuzzSupport
import Glibc
import Wire

// What a collector does with datagrams from anywhere: check, describe, write as pcapng; the file is then read again.
//
// Input: VNI filter, then for each datagram flags, length and bytes.
// In memory: a slow disk would look like a hanging input.
var path = Array("/dev/shm/fuzz-collector-XXXXXX".utf8CString)
let file = mkstemp(&path)
unlink(path)

fuzz { data, size in
  var input = FuzzInput(data, size)
  let filter = input.byte()
  var decapsulation = Decapsulation(vni: filter & 1 != 0 ? UInt32(filter >> 1) : nil)
  var expected: [ExpectedFrame] = []
  require(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0, "temporary file")
  var writer = PcapngWriter(descriptor: file)
  var datagrams: UInt64 = 0
  while input.count > 0 {
    let flags = input.byte()
    let length = Int(input.word() & 0xFFF)
    let datagram = input.frame(length, filler: flags & 14 == 14 ? 60_000 : 0)
    let bytes = datagram.span.bytes
    let timestamp = UInt64(flags) << 56 | 0x00FE_DCBA_9876_5432
    datagrams += 1
    // The description must stand any bytes, of any length.
    require(!FrameSummary.line(bytes, header: VXLANHeader(vni: 1), timestamp: timestamp).isEmpty, "no description")
    guard let header = decapsulation.check(bytes, isCut: flags & 1 != 0) else { continue }
    require(decapsulation.vni == nil || decapsulation.vni == header.vni, "filtered VNI")
    let frame = bytes.extracting(VXLANHeader.byteCount..<bytes.byteCount)
    require(frame.byteCount >= Decapsulation.minimumFrame, "short frame")
    require(!FrameSummary.line(frame, header: header, timestamp: timestamp).isEmpty, "no description")
    do { try writer.receive(frame, header: header, timestamp: timestamp) } catch { fatalError("write: \(error)") }
    expected.append(ExpectedFrame(bytes: Array(datagram.dropFirst(8)), timestamp: timestamp, vni: header.vni))
  }
  let counters = decapsulation.counters
  require(
    counters.datagrams == datagrams
      && datagrams == counters.frames + counters.invalidHeaders + counters.otherVNI + counters.truncated,
    "\(counters)")
  require(counters.frames == UInt64(expected.count), "frames")
  do { try writer.flush() } catch { fatalError("flush: \(error)") }
  checkFile(descriptor: file, expected)
  return 0
}
