import System

extension Exclusions {
  /// TCP port of the ECS agent, to which host networking redirects 169.254.170.2 by way of 127.0.0.1
  /// (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; ecs-init's iptables rules).
  static let credentialPort: UInt32 = 51_679

  /// `metadataEndpoints` by family.
  static let metadataAddresses = (
    ipv4: metadataEndpoints.compactMap(\.ipv4Word), ipv6: metadataEndpoints.compactMap(\.ipv6Words)
  )
}

extension ExclusionProgram {
  /// TCP from or to the ECS agent's port on a loopback address. X is the offset of the TCP header.
  mutating func emitCredentialPort() {
    require(4)
    let found = code.label()
    let ipv6 = code.label()
    code.append(.load(.half, fromX: 0))
    code.jump(if: .equal, Exclusions.credentialPort, to: found)
    code.append(.load(.half, fromX: 2))
    code.jump(if: .equal, Exclusions.credentialPort, otherwise: take)
    code.place(found)
    code.append(.loadX(cell: Self.headerCell), .load(cell: Self.kindCell))
    code.jump(if: .equal, Kind.tcp4, otherwise: ipv6)
    code.append(.load(.word, fromX: 12), .and(0xFF00_0000))
    code.jump(if: .equal, 0x7F00_0000, to: reject)
    code.append(.load(.word, fromX: 16), .and(0xFF00_0000))
    code.jump(if: .equal, 0x7F00_0000, to: reject, otherwise: take)
    code.place(ipv6)
    let destination = code.label()
    emitMatch([[0, 0, 0, 1]], at: 8, otherwise: destination)
    code.place(destination)
    emitMatch([[0, 0, 0, 1]], at: 24, otherwise: take)
  }

  /// Rejects the packet if the IPv6 address at X + `offset` is one of `addresses` (four words each), and jumps if not.
  /// Addresses that begin alike share their first words.
  mutating func emitMatch(_ addresses: [[UInt32]], at offset: UInt32, otherwise: BPFAssembler.Label) {
    var groups: [(word: UInt32, rest: [[UInt32]])] = []
    for address in addresses {
      let rest = Array(address.dropFirst())
      if let index = groups.firstIndex(where: { $0.word == address[0] }) {
        groups[index].rest.append(rest)
      } else {
        groups.append((address[0], [rest]))
      }
    }
    code.append(.load(.word, fromX: offset))
    let targets = groups.map { $0.rest[0].isEmpty ? reject : code.label() }
    for (index, group) in groups.enumerated() {
      code.jump(
        if: .equal, group.word, to: targets[index], otherwise: index == groups.count - 1 ? otherwise : nil)
    }
    for (group, target) in zip(groups, targets) where target != reject {
      code.place(target)
      emitMatch(group.rest, at: offset + 4, otherwise: otherwise)
    }
  }
}
