import FuzzSupport
import Glibc

/// A frame that was written.
struct ExpectedFrame {
  var bytes: [UInt8]
  var timestamp: UInt64
  var vni: UInt32
}

/// Walks the blocks of the file (draft-ietf-opsawg-pcapng sections 3 and 4) and compares its frames.
func checkFile(descriptor: CInt, _ expected: [ExpectedFrame]) {
  let size = Int(lseek(descriptor, 0, SEEK_END))
  let file = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 8)
  defer { file.deallocate() }
  require(pread(descriptor, file.baseAddress!, size, 0) == size, "read")
  var position = 0
  var frames = 0
  var interfaces: [String] = []
  while position < size {
    let type = file.long(position)
    let length = file.long(position + 4)
    require(length >= 12 && length % 4 == 0 && position + length <= size, "block length")
    require(file.long(position + length - 4) == length, "second block length")
    switch type {
    case 0x0A0D_0D0A: require(position == 0 && file.long(8) == 0x1A2B_3C4D, "section header")
    case 1:
      require(file.long(position + 8) == 1, "link type")
      interfaces.append(name(file, position + 16))
    case 6:
      require(frames < expected.count, "too many frames")
      let frame = expected[frames]
      let interface = file.long(position + 8)
      require(interface < interfaces.count, "interface of a frame")
      require(["vni \(frame.vni)", "other vnis"].contains(interfaces[interface]), "name of the interface")
      let time = UInt64(file.long(position + 12)) << 32 | UInt64(file.long(position + 16))
      require(time == frame.timestamp, "timestamp")
      let count = file.long(position + 20)
      require(count == frame.bytes.count && file.long(position + 24) == count, "frame length")
      require(length == 32 + (count + 3) & ~3, "padding")
      require(file[position + 28..<position + 28 + count].elementsEqual(frame.bytes), "frame bytes")
      frames += 1
    default: require(false, "block type \(type)")
    }
    position += length
  }
  require(frames == expected.count, "frames")
}

/// The text of an option that must be if_name.
private func name(_ file: UnsafeMutableRawBufferPointer, _ at: Int) -> String {
  let head = file.long(at)
  require(head & 0xFFFF == 2, "if_name")
  return String(decoding: file[at + 4..<at + 4 + head >> 16], as: UTF8.self)
}

extension UnsafeMutableRawBufferPointer {
  /// The 32-bit number at `offset` in this machine's byte order.
  fileprivate func long(_ offset: Int) -> Int { Int(loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
}
