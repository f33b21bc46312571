import Capture
import Glibc
import Logging
import Mirror
import Transport
import Wire

extension Settings {
  /// Reads every setting from flags and environment. Nothing is opened.
  ///
  /// - Throws: `SettingsError` for the first value that makes no sense.
  public init(_ source: SettingSource) throws(SettingsError) {
    self.init(destinations: try Self.destinations(source))
    filter = source.value(.filter)?.value ?? ""
    interfaces = try Self.interfaces(source)
    mtu = try Self.number(source, .mtu, 576...65_535, "a number of bytes from 576 to 65535")
    statDuration = try Self.number(source, .statDuration, 0...86_400, "seconds from 0 (off) to 86400") ?? statDuration
    vni = UInt32(try Self.number(source, .vni, 0...Int(VXLANHeader.maximumVNI), "a number from 0 to 16777215") ?? 1)
    capture = try Self.choice(source, .capture) ?? capture
    snapLength = try Self.number(source, .snapLength, 14...262_144, "a number of bytes from 14 to 262144")
    oversize = try Self.choice(source, .oversize) ?? oversize
    segment = try Self.choice(source, .segment) ?? segment
    checksum = try Self.choice(source, .checksum) ?? checksum
    sourcePorts = try Self.number(source, .sourcePorts, 1...256, "a number from 1 to 256") ?? sourcePorts
    destinationMode = try Self.choice(source, .destinationMode) ?? destinationMode
    resolveInterval =
      try Self.number(source, .resolveInterval, 1...86_400, "seconds from 1 to 86400") ?? resolveInterval
    workers = try Self.number(source, .workers, 0...64, "a number from 1 to 64, or 0 for one per core") ?? workers
    bufferByteCount = try Self.byteSize(source, .bufferSize) ?? bufferByteCount
    sample = try Self.number(source, .sample, 1...1_000_000, "a number from 1 to 1000000") ?? sample
    statFormat = try Self.choice(source, .statFormat) ?? statFormat
    logLevel = try Self.logLevel(source) ?? logLevel
    mirrorsMetadata = try Self.flag(source, .mirrorMetadata) ?? mirrorsMetadata
  }

  private static func destinations(_ source: SettingSource) throws(SettingsError) -> [Destination] {
    let takes = "a host name, IPv4 or [IPv6] address, each with an optional :port, several separated by commas"
    guard let (name, value) = source.value(.destination) else {
      throw SettingsError(name: "DESTINATION", value: nil, takes: takes)
    }
    var found: [Destination] = []
    for entry in list(value) {
      guard let destination = Destination(parsing: entry) else {
        throw SettingsError(name: name, value: value, takes: takes)
      }
      found.append(destination)
    }
    guard !found.isEmpty else { throw SettingsError(name: name, value: value, takes: takes) }
    return found
  }

  private static func interfaces(_ source: SettingSource) throws(SettingsError) -> CapturePlan.Interfaces {
    guard let (name, value) = source.value(.interface) else { return .any }
    let names = list(value)
    if names.contains("any") { return .any }
    let present = NetworkInterface.all().map(\.name)
    guard !names.isEmpty, names.allSatisfy(present.contains), Set(names).count == names.count else {
      throw SettingsError(
        name: name, value: value, takes: "any, or of these, separated by commas: \(present.joined(separator: ", "))")
    }
    return .named(names)
  }

  private static func number(
    _ source: SettingSource, _ setting: Setting, _ range: ClosedRange<Int>, _ takes: String
  ) throws(SettingsError) -> Int? {
    guard let (name, value) = source.value(setting) else { return nil }
    let text = trimmed(value)
    guard let number = Int(text), text.first != "+", range.contains(number) else {
      throw SettingsError(name: name, value: value, takes: takes)
    }
    return number
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ source: SettingSource, _ setting: Setting
  ) throws(SettingsError) -> Choice? where Choice.RawValue == String {
    guard let (name, value) = source.value(setting) else { return nil }
    guard let choice = Choice(rawValue: trimmed(value).lowercased()) else {
      let words = Choice.allCases.map(\.rawValue)
      throw SettingsError(
        name: name, value: value, takes: "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])")
    }
    return choice
  }

  private static func byteSize(_ source: SettingSource, _ setting: Setting) throws(SettingsError) -> Int? {
    guard let (name, value) = source.value(setting) else { return nil }
    let units = [("gib", 30), ("mib", 20), ("kib", 10), ("g", 30), ("m", 20), ("k", 10), ("b", 0), ("", 0)]
    let text = trimmed(value).lowercased()
    for (unit, shift) in units where text.hasSuffix(unit) {
      let digits = trimmed(String(text.dropLast(unit.count)))
      guard let number = Int(digits), number > 0, number <= (4 << 30) >> shift else { break }
      let bytes = number << shift
      if bytes >= 1 << 20 { return bytes }
      break
    }
    throw SettingsError(name: name, value: value, takes: "a size from 1MiB to 4GiB, such as 32MiB")
  }

  private static func logLevel(_ source: SettingSource) throws(SettingsError) -> Logger.Level? {
    guard let (name, value) = source.value(.logLevel) else { return nil }
    let text = trimmed(value).lowercased()
    // What other programs call it.
    let other: [String: Logger.Level] = ["warn": .warning, "fatal": .critical]
    guard let level = Logger.Level(rawValue: text) ?? other[text] else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw SettingsError(name: name, value: value, takes: "one of \(levels)")
    }
    return level
  }

  private static func flag(_ source: SettingSource, _ setting: Setting) throws(SettingsError) -> Bool? {
    guard let (name, value) = source.value(setting) else { return nil }
    switch trimmed(value).lowercased() {
    case "yes", "true", "on", "1": return true
    case "no", "false", "off", "0": return false
    default: throw SettingsError(name: name, value: value, takes: "yes or no")
    }
  }

  private static func list(_ value: String) -> [String] {
    value.split(separator: ",").map { trimmed(String($0)) }.filter { !$0.isEmpty }
  }

  private static func trimmed(_ value: String) -> String {
    let start = value.drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
