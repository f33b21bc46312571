import Wire

// The way to the headers that several programs look at. A load behind the end of a packet rejects it, so every load is
// preceded by a look at the length.
extension BPFAssembler {
  /// Jumps to `otherwise` unless the packet has `count` bytes from X on; X may lie behind its end.
  mutating func require(_ count: UInt32, otherwise: Label) {
    append(.loadLength)
    jump(if: .atLeastX, otherwise: otherwise)
    append(.subtractX)
    jump(if: .atLeast, count, otherwise: otherwise)
  }

  /// With the IP header's offset in X, to where packets of its version are looked at. As many tags are looked through as
  /// `EthernetHeader` looks through.
  mutating func findNetworkHeader(
    _ layer: ExclusionProgram.Layer, ipv4: Label, ipv6: Label, otherwise: Label
  ) {
    switch layer {
    case .ethernet: findEtherType(ipv4: ipv4, ipv6: ipv6, otherwise: otherwise)
    case .raw:
      append(.loadLength)
      jump(if: .atLeast, 1, otherwise: otherwise)
      append(.loadX(value: 0), .load(.byte, at: 0), .and(0xF0))
      jump(if: .equal, 0x40, to: ipv4)
      jump(if: .equal, 0x60, to: ipv6, otherwise: otherwise)
    }
  }

  private mutating func findEtherType(ipv4: Label, ipv6: Label, otherwise: Label) {
    for tag in 0...EthernetHeader.maximumTags {
      let isLast = tag == EthernetHeader.maximumTags
      let type = UInt32(EthernetHeader.type.offset + tag * VLANTag.byteCount)
      append(.loadLength)
      jump(if: .atLeast, type + 2, otherwise: otherwise)
      append(.loadX(value: type + 2), .load(.half, at: type))
      jump(if: .equal, UInt32(EtherType.ipv4), to: ipv4)
      jump(if: .equal, UInt32(EtherType.ipv6), to: ipv6, otherwise: isLast ? otherwise : nil)
      guard !isLast else { break }
      let inner = label()
      jump(if: .equal, UInt32(EtherType.vlan), to: inner)
      jump(if: .equal, UInt32(EtherType.serviceVLAN), to: inner)
      jump(if: .equal, UInt32(EtherType.oldServiceVLAN), otherwise: otherwise)
      place(inner)
    }
  }
}
