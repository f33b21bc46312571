extension Settings {
  /// Every setting that is not the default, as `VARIABLE=value`; without those that the log has other words for: filter,
  /// destination, interface, MTU and VNI.
  var choices: [String] {
    let defaults = Settings(destinations: [])
    var found: [String] = []
    func add<Value: Equatable>(_ setting: Setting, _ value: Value, _ normal: Value, _ text: String? = nil) {
      if value != normal { found.append("\(setting.variables[0])=\(text ?? "\(value)")") }
    }
    add(.statDuration, statDuration, defaults.statDuration)
    add(.capture, capture, defaults.capture)
    if let snapLength { add(.snapLength, snapLength, 0) }
    add(.oversize, oversize, defaults.oversize)
    add(.segment, segment, defaults.segment)
    add(.checksum, checksum, defaults.checksum)
    add(.sourcePorts, sourcePorts, defaults.sourcePorts)
    add(.destinationMode, destinationMode, defaults.destinationMode)
    add(.resolveInterval, resolveInterval, defaults.resolveInterval)
    add(.workers, workers, defaults.workers)
    add(.bufferSize, bufferByteCount, defaults.bufferByteCount, Self.size(bufferByteCount))
    add(.sample, sample, defaults.sample)
    add(.statFormat, statFormat, defaults.statFormat)
    add(.logLevel, logLevel, defaults.logLevel)
    add(.mirrorMetadata, mirrorsMetadata, defaults.mirrorsMetadata, mirrorsMetadata ? "yes" : "no")
    return found
  }

  /// In the largest unit that has no fraction, as BUFFER_SIZE takes it.
  private static func size(_ bytes: Int) -> String {
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes & (1 << shift - 1) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)B"
  }
}
