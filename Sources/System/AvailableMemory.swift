/// Memory that can be had without swapping.
package enum AvailableMemory {
  /// Bytes of MemAvailable in /proc/meminfo; nil where the kernel does not say. Limits of a control group are not in it:
  /// capture rings are the kernel's and counted to no group.
  package static var byteCount: Int? {
    guard let text = try? FileContents.read("/proc/meminfo") else { return nil }
    return byteCount(in: text)
  }

  /// From the text of that file.
  static func byteCount(in text: [UInt8]) -> Int? {
    let lines = text.split(separator: UInt8(ascii: "\n"))
    guard let line = lines.first(where: { $0.starts(with: "MemAvailable:".utf8) }) else { return nil }
    // `MemAvailable:    1234 kB`
    let words = line.split(separator: UInt8(ascii: " "))
    guard words.count == 3, let number = Int(String(decoding: words[1], as: UTF8.self)) else { return nil }
    return number << 10
  }
}
