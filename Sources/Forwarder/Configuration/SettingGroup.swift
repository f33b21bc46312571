/// Settings that belong together, in the order in which `--help` and the manual show them.
public enum SettingGroup: String, Sendable, CaseIterable {
  case traffic = "What is mirrored"
  case collectors = "Where it goes"
  case handling = "How it is captured and cut"
  case limits = "Limits"
  case output = "Statistics and log"
  case safety = "Health and safety"

  /// Its settings.
  public var settings: [Setting] { flags.compactMap { flag in Setting.all.first { $0.flag == flag } } }

  /// Their flags, those first that most people need. Every setting stands in one of these lists.
  var flags: [String] {
    switch self {
    case .traffic:
      [
        "interface", "filter", "exclude", "mirror", "encrypted", "flow-depth", "sample", "snap-length", "flow-table",
        "mirror-metadata",
      ]
    case .collectors: ["destination", "destination-mode", "vni", "source-ports", "resolve-interval", "reports"]
    case .handling: ["mtu", "oversize", "segment", "checksum", "capture", "workers", "buffer-size"]
    case .limits: ["for", "until-packets", "rate-limit", "cpu-limit"]
    case .output: ["stat-duration", "stat-format", "metrics", "log-level", "log-format"]
    case .safety: ["health-file", "user", "sandbox"]
    }
  }
}
