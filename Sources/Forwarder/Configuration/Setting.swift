/// The names of one setting.
public struct Setting: Sendable {
  /// Flag, without the dashes.
  public let flag: String
  /// Environment variables, the first one set wins.
  public let variables: [String]

  init(_ flag: String, _ variables: String...) {
    self.flag = flag
    self.variables = variables
  }

  /// Every setting there is.
  public static let all = [
    filter, destination, interface, mtu, statDuration, vni, capture, snapLength, oversize, segment, checksum,
    sourcePorts, destinationMode, resolveInterval, workers, bufferSize, sample, statFormat, logLevel, mirrorMetadata,
  ]

  static let filter = Setting("filter", "BPF_FILTER")
  static let destination = Setting("destination", "DESTINATION")
  static let interface = Setting("interface", "INTERFACE")
  static let mtu = Setting("mtu", "MTU")
  static let statDuration = Setting("stat-duration", "STAT_DURATION")
  static let vni = Setting("vni", "VNI")
  static let capture = Setting("capture", "CAPTURE")
  static let snapLength = Setting("snap-length", "SNAP_LENGTH")
  static let oversize = Setting("oversize", "OVERSIZE")
  static let segment = Setting("segment", "SEGMENT")
  static let checksum = Setting("checksum", "CHECKSUM")
  static let sourcePorts = Setting("source-ports", "SOURCE_PORTS")
  static let destinationMode = Setting("destination-mode", "DESTINATION_MODE")
  static let resolveInterval = Setting("resolve-interval", "RESOLVE_INTERVAL")
  static let workers = Setting("workers", "WORKERS")
  static let bufferSize = Setting("buffer-size", "BUFFER_SIZE")
  static let sample = Setting("sample", "SAMPLE")
  static let statFormat = Setting("stat-format", "STAT_FORMAT")
  static let logLevel = Setting("log-level", "LOG_LEVEL", "LOGLEVEL")
  static let mirrorMetadata = Setting("mirror-metadata", "MIRROR_METADATA")
}

/// Values by flag and by variable; a flag wins, and an empty value counts as unset.
public struct SettingSource: Sendable {
  private let flags: [String: String]
  private let environment: [String: String]

  /// Values given on the command line, by flag without dashes, and in the environment.
  public init(flags: [String: String], environment: [String: String]) {
    self.flags = flags
    self.environment = environment
  }

  /// The value and the name it was given under.
  func value(_ setting: Setting) -> (name: String, value: String)? {
    if let value = flags[setting.flag] { return ("--\(setting.flag)", value) }
    for variable in setting.variables {
      if let value = environment[variable], value.contains(where: { !$0.isWhitespace }) { return (variable, value) }
    }
    return nil
  }
}
