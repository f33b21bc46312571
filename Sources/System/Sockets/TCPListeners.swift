import Glibc

/// What the kernel tells of this network namespace's TCP ports.
package enum TCPListeners {
  /// The ports that something listens on; nil if the system does not say (no /proc).
  package static func ports() -> Set<UInt16>? {
    var ports: Set<UInt16>?
    for name in ["tcp", "tcp6"] {
      // Without IPv6 there is no second one.
      guard let text = try? FileContents.read("/proc/net/\(name)", upTo: isBehindListeners) else { continue }
      ports = (ports ?? []).union(listening(text))
    }
    return ports
  }

  /// The ports of a table as /proc/net/tcp has it: a line for each socket, with its own address and port in hexadecimal
  /// second, and its state fourth.
  package static func listening(_ table: [UInt8]) -> Set<UInt16> {
    var ports: Set<UInt16> = []
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
      guard words.count > 3, words[3].elementsEqual("0A".utf8),
        let port = words[1].split(separator: UInt8(ascii: ":")).last.flatMap({ String(decoding: $0, as: UTF8.self) })
      else { continue }
      if let port = UInt16(port, radix: 16) { ports.insert(port) }
    }
    return ports
  }

  /// Listeners come first, and of the rest there may be hundreds of thousands.
  private static func isBehindListeners(_ contents: [UInt8]) -> Bool {
    guard let last = contents.lastIndex(of: UInt8(ascii: "\n")) else { return false }
    let line = contents[..<last].split(separator: UInt8(ascii: "\n")).last ?? []
    let words = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
    return words.count > 3 && words[3].count == 2 && !words[3].elementsEqual("0A".utf8)
  }

  /// The ports that connections are opened from where nobody chooses one: what ip(7) calls ip_local_port_range.
  package static func ephemeralPorts() -> ClosedRange<UInt16> {
    let text = (try? FileContents.read("/proc/sys/net/ipv4/ip_local_port_range")) ?? []
    let words = text.split { $0 == 9 || $0 == 10 || $0 == 32 }.compactMap { UInt16(String(decoding: $0, as: UTF8.self)) }
    guard words.count == 2, words[0] <= words[1] else { return 32_768...60_999 }
    return words[0]...words[1]
  }
}
