extension BPFProgram.Instruction {
  /// Bytes that a load takes (BPF_W, BPF_H, BPF_B).
  enum Width: UInt16 {
    case word = 0x00
    case half = 0x08
    case byte = 0x10
  }

  /// What Linux keeps beside a packet (SKF_AD_*, linux/filter.h), read by a load from `ancillaryBase` on.
  enum Metadata: UInt32, CaseIterable {
    /// PACKET_HOST, PACKET_OUTGOING and so on (linux/if_packet.h).
    case packetType = 4
    case interfaceIndex = 8
    /// SO_MARK of the sender's socket, or what a firewall made of it.
    case mark = 20
    /// ARPHRD_* of the interface (linux/if_arp.h).
    case hardwareType = 28
    /// A random number.
    case random = 56
  }

  /// SKF_AD_OFF: where loads of metadata begin.
  static let ancillaryBase: UInt32 = 0xFFFF_F000

  private static let load: UInt16 = 0x00  // BPF_LD
  private static let absolute: UInt16 = 0x20  // BPF_ABS
  private static let indexed: UInt16 = 0x40  // BPF_IND

  /// A = the big-endian integer at `offset` of the packet. Rejects the packet if it ends before.
  static func load(_ width: Width, at offset: UInt32) -> Self { Self(load | width.rawValue | absolute, offset) }

  /// A = the big-endian integer at X + `offset` of the packet. Rejects the packet if it ends before.
  static func load(_ width: Width, fromX offset: UInt32) -> Self { Self(load | width.rawValue | indexed, offset) }

  /// A = metadata. In the kernel only: libpcap's interpreter takes it for a load behind the packet's end.
  static func load(_ metadata: Metadata) -> Self { load(.word, at: ancillaryBase + metadata.rawValue) }

  /// A = length of the packet (BPF_LEN).
  static let loadLength = Self(0x80, 0)

  /// A = `value` (BPF_IMM).
  static func load(value: UInt32) -> Self { Self(0x00, value) }

  /// X = `value`.
  static func loadX(value: UInt32) -> Self { Self(0x01, value) }

  /// A = M[`cell`] (BPF_MEM; 16 cells).
  static func load(cell: UInt32) -> Self { Self(0x60, cell) }

  /// X = M[`cell`].
  static func loadX(cell: UInt32) -> Self { Self(0x61, cell) }

  /// M[`cell`] = A.
  static func store(cell: UInt32) -> Self { Self(0x02, cell) }

  /// M[`cell`] = X.
  static func storeX(cell: UInt32) -> Self { Self(0x03, cell) }

  /// X = A.
  static let copyToX = Self(0x07, 0)
  /// A = X.
  static let copyFromX = Self(0x87, 0)
  /// A += X.
  static let addX = Self(0x0C, 0)
  /// A -= X.
  static let subtractX = Self(0x1C, 0)

  /// A += `value`.
  static func add(_ value: UInt32) -> Self { Self(0x04, value) }
  /// A |= `value`.
  static func or(_ value: UInt32) -> Self { Self(0x44, value) }
  /// A &= `value`.
  static func and(_ value: UInt32) -> Self { Self(0x54, value) }
  /// A <<= `count`.
  static func shiftLeft(_ count: UInt32) -> Self { Self(0x64, count) }

  /// A >>= `count`, filled with zeros.
  static func shiftRight(_ count: UInt32) -> Self { Self(0x74, count) }
  /// A *= `value`, modulo 2^32.
  static func multiply(_ value: UInt32) -> Self { Self(0x24, value) }
  /// A ^= X. Since Linux 3.7.
  static let exclusiveOrX = Self(0xAC, 0)

  /// Goes on behind the next `count` instructions (BPF_JA).
  static func jump(over count: UInt32) -> Self { Self(0x05, count) }

  /// Ends the program and keeps `count` bytes of the packet; 0 rejects it.
  static func keep(_ count: UInt32) -> Self { Self(BPFProgram.returnConstant, count) }

  /// The metadata that the instruction loads, whatever the width; nil if it loads none that is listed.
  var metadata: Metadata? {
    guard [Width.word, .half, .byte].contains(where: { code == Self.load | $0.rawValue | Self.absolute }) else {
      return nil
    }
    return Metadata(rawValue: k &- Self.ancillaryBase)
  }
}

extension BPFProgram {
  /// The program for a run in user space, which knows no metadata: loads of it become these values.
  func replacing(_ metadata: [Instruction.Metadata: UInt32]) -> BPFProgram {
    BPFProgram(
      instructions: instructions.map { instruction in
        guard let kind = instruction.metadata, let value = metadata[kind] else { return instruction }
        return .load(value: value)
      })
  }
}
