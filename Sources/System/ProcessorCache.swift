/// The caches of the processor, as the kernel tells them.
package enum ProcessorCache {
  /// Bytes of a core's second-level cache; nil where /sys does not say.
  package static var secondLevelByteCount: Int? {
    for index in 0..<8 {
      let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)"
      guard let level = text("\(folder)/level") else { return nil }
      if level == "2" { return text("\(folder)/size").flatMap(byteCount) }
    }
    return nil
  }

  /// `1024K` or `1M` in bytes.
  package static func byteCount(_ text: String) -> Int? {
    let shift = text.hasSuffix("K") ? 10 : text.hasSuffix("M") ? 20 : 0
    guard let count = Int(shift > 0 ? text.dropLast() : text[...]), count > 0, count < 1 << 30 else { return nil }
    return count << shift
  }

  private static func text(_ path: String) -> String? {
    guard let bytes = try? FileContents.read(path) else { return nil }
    return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
  }
}
