import FuzzSupport
import Glibc

/// A frame that was written.
struct ExpectedFrame {
  var bytes: UnsafeRawBufferPointer
  var timestamp: UInt64
  var vni: UInt32
}

/// A file in memory, where a slow disk does not look like a hanging input, which is written over by every run and read
/// without a call to the kernel.
final class OutputFile {
  private static let capacity = 4 << 20
  let descriptor: CInt
  private let contents: UnsafeRawPointer
  private var expected: [ExpectedFrame] = []

  init() {
    var path = Array("/dev/shm/fuzz-collector-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    unlink(path)
    guard descriptor >= 0, ftruncate(descriptor, off_t(Self.capacity)) == 0,
      let memory = mmap(nil, Self.capacity, PROT_READ, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
    else { fatalError("temporary file: errno \(errno)") }
    contents = UnsafeRawPointer(memory)
  }

  /// Starts at the beginning again, with nothing expected.
  func begin() {
    expected.removeAll(keepingCapacity: true)
    require(lseek(descriptor, 0, SEEK_SET) == 0, "temporary file")
  }

  /// Adds a frame, which must stay in place until `check`.
  func expect(_ frame: ExpectedFrame) { expected.append(frame) }

  /// Walks the blocks of the file (draft-ietf-opsawg-pcapng sections 3 and 4) and compares its frames.
  func check() {
    let size = Int(lseek(descriptor, 0, SEEK_CUR))
    require(size >= 0 && size <= Self.capacity, "size of the file")
    let file = UnsafeRawBufferPointer(start: contents, count: size)
    var position = 0
    var frames = 0
    var interfaces: [Range<Int>] = []
    while position < size {
      let type = file.number(position)
      let length = file.number(position + 4)
      require(length >= 12 && length % 4 == 0 && position + length <= size, "block length")
      require(file.number(position + length - 4) == length, "second block length")
      switch type {
      case 0x0A0D_0D0A: require(position == 0 && file.number(8) == 0x1A2B_3C4D, "section header")
      case 1:
        require(file.number(position + 8) == 1, "link type")
        let head = file.number(position + 16)
        require(head & 0xFFFF == 2, "if_name")
        interfaces.append(position + 20..<position + 20 + head >> 16)
      case 6:
        require(frames < expected.count, "too many frames")
        let interface = file.number(position + 8)
        require(interface < interfaces.count, "interface of a frame")
        require(file.isName(interfaces[interface], of: expected[frames].vni), "name of the interface")
        file.checkFrame(at: position, length: length, expected[frames])
        frames += 1
      default: require(false, "block type \(type)")
      }
      position += length
    }
    require(frames == expected.count, "frames")
  }
}

extension UnsafeRawBufferPointer {
  /// The 32-bit number at `offset` in this machine's byte order.
  fileprivate func number(_ offset: Int) -> Int {
    precondition(offset >= 0 && offset + 4 <= count)
    return Int(loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Whether the interface's name is that of the sender and a VNI, in digits. (A run has too few for "other senders".)
  fileprivate func isName(_ range: Range<Int>, of vni: UInt32) -> Bool {
    let name = part(range)
    let start = "192.0.2.1 vni "
    guard name.count > start.utf8.count, name.prefix(start.utf8.count).elementsEqual(start.utf8) else { return false }
    var value: UInt32 = 0
    for digit in name.dropFirst(start.utf8.count) { value = value &* 10 &+ UInt32(digit &- 48) }
    return value == vni
  }

  /// Compares the enhanced packet block at `position`.
  fileprivate func checkFrame(at position: Int, length: Int, _ frame: ExpectedFrame) {
    let time = UInt64(number(position + 12)) << 32 | UInt64(number(position + 16))
    require(time == frame.timestamp, "timestamp")
    let count = number(position + 20)
    // What an IP header says may be more than there is.
    require(count == frame.bytes.count && number(position + 24) >= count, "frame length")
    require(length == 32 + (count + 3) & ~3, "padding")
    require(part(position + 28..<position + 28 + count).isSame(as: frame.bytes), "frame bytes")
  }
}
