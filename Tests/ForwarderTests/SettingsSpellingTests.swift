import Testing

@testable import Forwarder

/// Variables that look like a misspelt setting are found, and those that a task has anyway are left alone.
@Suite struct SettingsSpellingTests {
  private func found(_ names: [String], value: String = "x") -> [Misspelling] {
    let environment = Dictionary(names.map { ($0, value) }, uniquingKeysWith: { $1 })
    return SettingSource(flags: [:], environment: environment).misspellings
  }

  static let misspelt: [(String, String)] = [
    ("BPF_FLITER", "BPF_FILTER"), ("BPF_FILTERS", "BPF_FILTER"), ("BPFFILTER", "BPF_FILTER"), ("FILTER", "BPF_FILTER"),
    ("PBF_FILTER", "BPF_FILTER"), ("DESTINATON", "DESTINATION"), ("DESTINATIONS", "DESTINATION"),
    ("DESTNIATOIN", "DESTINATION"), ("DESTINATION_2", "DESTINATION"), ("DESINTATION", "DESTINATION"),
    ("Destination", "DESTINATION"), ("INTERFACES", "INTERFACE"), ("INTREFACE", "INTERFACE"), ("mtu", "MTU"),
    ("MUT", "MTU"), ("TMU", "MTU"), ("MTUU", "MTU"), ("M_T_U", "MTU"), ("STAT_DURATON", "STAT_DURATION"),
    ("STATS_DURATION", "STAT_DURATION"), ("STATDURATION", "STAT_DURATION"), ("STAT_DURATIN_", "STAT_DURATION"),
    ("stat-duration", "STAT_DURATION"), ("VIN", "VNI"), ("VNNI", "VNI"), ("CAPTUER", "CAPTURE"),
    ("SNAP_LENGHT", "SNAP_LENGTH"), ("SNAPLENGTH", "SNAP_LENGTH"), ("OVERSIZED", "OVERSIZE"), ("SEGMENTS", "SEGMENT"),
    ("CHECKSUMS", "CHECKSUM"), ("SOURCE_PORT", "SOURCE_PORTS"), ("SORUCE_PORTS", "SOURCE_PORTS"),
    ("DESTINATION_MOD", "DESTINATION_MODE"), ("DESTINATON_MODE", "DESTINATION_MODE"),
    ("RESOLVE_INTERVALL", "RESOLVE_INTERVAL"), ("RESOLV_INTERVAL", "RESOLVE_INTERVAL"), ("WORKER", "WORKERS"),
    ("BUFFERSIZE", "BUFFER_SIZE"), ("BUFER_SIZE", "BUFFER_SIZE"), ("SAMPLES", "SAMPLE"), ("SAMLPE", "SAMPLE"),
    ("STAT_FROMAT", "STAT_FORMAT"), ("LOG_LEVLE", "LOG_LEVEL"), ("LogLevel", "LOG_LEVEL"), ("LOG-LEVEL", "LOG_LEVEL"),
    ("MIRROR_META_DATA", "MIRROR_METADATA"), ("MIROR_METADATA", "MIRROR_METADATA"),
  ]

  @Test(arguments: misspelt) func aSlipIsFound(name: String, meant: String) {
    #expect(found([name]) == [Misspelling(name: name, meant: meant)])
  }

  /// Each name of every setting with two neighbours swapped, for all neighbours that differ.
  @Test(arguments: Setting.all) func anySwapOfNeighboursIsFound(setting: Setting) {
    for variable in setting.variables {
      for index in 1..<variable.count {
        var letters = Array(variable)
        letters.swapAt(index - 1, index)
        let swapped = String(letters)
        if swapped == variable { continue }
        #expect(found([swapped]) == [Misspelling(name: swapped, meant: setting.variables[0])])
      }
    }
  }

  @Test func theLineNamesBothAndNoValue() {
    #expect(
      found(["BPF_FLITER"], value: "secret").map(\.description)
        == ["BPF_FLITER is not a setting; did you mean BPF_FILTER?"])
  }

  @Test func severalAreInAlphabeticalOrder() {
    #expect(found(["WORKER", "MUT", "DESTINATON"]).map(\.name) == ["DESTINATON", "MUT", "WORKER"])
  }

  /// Also not of `LOGLEVEL`, the older of two names.
  @Test func aSettingIsNoMisspelling() {
    #expect(found(Setting.all.flatMap(\.variables)).isEmpty)
  }

  /// As an empty setting counts as unset.
  @Test(arguments: ["", " ", "\t"]) func anEmptyVariableIsNotWarnedOf(value: String) {
    #expect(found(["BPF_FLITER"], value: value).isEmpty)
  }

  /// What a container has on Fargate, from its base image, from Kubernetes, and from an application that shares its
  /// variables with its sidecar.
  static let ordinary = [
    "PATH", "HOME", "HOSTNAME", "USER", "LOGNAME", "SHELL", "SHLVL", "PWD", "OLDPWD", "TERM", "LANG", "LC_ALL",
    "TZ", "TMPDIR", "MAIL", "EDITOR", "_", "LD_LIBRARY_PATH", "container", "DEBIAN_FRONTEND", "INIT_CWD",
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ROLE_ARN", "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_XRAY_DAEMON_ADDRESS", "ECS_AGENT_URI", "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4", "ECS_ENABLE_CONTAINER_METADATA", "ECS_CONTAINER_METADATA_FILE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "PORT", "HOST",
    "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBERNETES_PORT_443_TCP_ADDR", "POD_NAME", "POD_IP",
    "NODE_NAME", "NODE_ENV", "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "GOMAXPROCS", "GODEBUG", "PYTHONPATH",
    "SPRING_PROFILES_ACTIVE", "RAILS_ENV", "RAILS_LOG_LEVEL", "DD_AGENT_HOST", "DD_SERVICE", "DD_ENV", "DD_VERSION",
    "DD_LOG_LEVEL", "DD_TRACE_SAMPLE_RATE", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER",
    "OTEL_RESOURCE_ATTRIBUTES", "OTEL_LOG_LEVEL", "SENTRY_DSN", "DATABASE_URL", "DB_HOST", "DB_PORT", "REDIS_URL",
    "STATSD_HOST", "STATSD_PORT", "LOG_FORMAT", "LOG_FILE", "LOG_GROUP", "LOG_DRIVER", "LOGGING", "DATE_FORMAT",
    "DEBUG", "VERBOSE", "ENV", "STAGE", "STAGE_NAME", "SERVICE", "SERVICE_NAME", "VERSION", "REGION", "CLUSTER", "MODE",
    "WORKDIR", "WEB_CONCURRENCY", "WORKER_COUNT", "QUEUE_SIZE", "POOL_SIZE", "BATCH_SIZE", "CACHE_SIZE", "MAX_SIZE",
    "TIMEOUT", "INTERVAL", "POLL_INTERVAL", "REFRESH_INTERVAL", "DURATION", "CACHE_DURATION", "SOURCE", "SOURCE_DIR",
    "TARGET", "TEMPLATE", "STATUS", "STATE", "STATIC_URL", "FEATURES", "UNI", "MTX", "MTA", "ATM", "MTV", "VPN", "VPC",
    "VNC", "UTM", "MQTT", "SSH_TTY", "SWIFT_BACKTRACE", "PACKET_FORWARDER", "GPG_KEY", "CI",
  ]

  @Test(arguments: ordinary) func anOrdinaryVariableIsLeftAlone(name: String) {
    #expect(found([name]).isEmpty)
  }

  /// Names from outside may hold anything; what is no name of ours in another case is not printed.
  @Test(arguments: ["BPF_FILTER\n", "MTÜ", "DESTINATION ", "MTU=", "BPF_\u{1B}FILTER", "", "___"])
  func whatIsNoNameIsLeftAlone(name: String) {
    #expect(found([name]).isEmpty)
  }

  /// Names of the length at which the most is to be compared, far more than exec(2) takes.
  @Test func manyVariablesTakeLittleTime() {
    let names = (0..<20_000).map { "DESTINATION_Q\($0 % 10)\($0)" } + [String(repeating: "M_", count: 1 << 20) + "TU"]
    let clock = ContinuousClock()
    var found: [Misspelling] = []
    let time = clock.measure { found = self.found(names) }
    #expect(found.isEmpty)
    #expect(time < .seconds(10))
  }

  /// Where the setting is missing that was meant, the error says so.
  @Test func aMissingDestinationNamesItsMisspelling() {
    let takes = "a host name, IPv4 or [IPv6] address, each with an optional :port, several separated by commas"
    do {
      _ = try Settings(SettingSource(flags: [:], environment: ["DESTINATON": "secret", "BPF_FLITER": "tcp"]))
      Issue.record("there is no DESTINATION")
    } catch {
      #expect("\(error)" == "DESTINATION is not set, but DESTINATON is; it takes \(takes)")
    }
  }
}
