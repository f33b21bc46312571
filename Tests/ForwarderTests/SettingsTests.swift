import Capture
import Mirror
import Testing
import Transport

@testable import Forwarder

/// Every setting, good and bad, by variable and by flag.
@Suite struct SettingsTests {
  private func read(_ environment: [String: String], flags: [String: String] = [:]) throws -> Settings {
    try Settings(SettingSource(flags: flags, environment: environment))
  }

  /// The five published variables and nothing else, as an existing task definition has them.
  @Test func thePublishedFive() throws {
    let settings = try read([
      "BPF_FILTER": "tcp", "DESTINATION": "mirroring-fargate.private.example.com", "INTERFACE": "any", "MTU": "9000",
      "STAT_DURATION": "30",
    ])
    #expect(settings.filter == "tcp")
    #expect(settings.destinations == [Destination(host: "mirroring-fargate.private.example.com", port: 4789)])
    #expect(settings.interfaces == .any)
    #expect(settings.mtu == 9_000)
    #expect(settings.statDuration == 30)
    var expected = Settings(destinations: settings.destinations)
    expected.filter = "tcp"
    expected.mtu = 9_000
    #expect("\(settings)" == "\(expected)")
  }

  @Test func defaults() throws {
    let settings = try read(["DESTINATION": "c"])
    #expect("\(settings)" == "\(Settings(destinations: [Destination(host: "c")]))")
    #expect(settings.vni == 1 && settings.mtu == nil && settings.statDuration == 30 && settings.sourcePorts == 4)
    #expect(settings.oversize == .segment && settings.segment == .mtu && settings.checksum == .fill)
    #expect(settings.resolveInterval == 30 && settings.workers == 1 && settings.bufferByteCount == 32 << 20)
    #expect(settings.sample == 1 && settings.statFormat == .text && settings.logLevel.rawValue == "info")
    #expect(settings.flowRules(workers: 1) == FlowRules())
    #expect(settings.rateLimit == nil && settings.cpuLimit == nil)
    #expect(settings.exclude.isEmpty && settings.sandbox == .auto && settings.user == nil)
    #expect(settings.logFormat == .text && settings.healthFile == nil && settings.metrics == nil)
    #expect(!settings.mirrorsMetadata && settings.capture == .auto && settings.destinationMode == .balance)
  }

  /// A variable, a value, and a look at what became of it.
  struct Good: Sendable, CustomTestStringConvertible {
    let variable: String
    let value: String
    let shown: String
    let look: @Sendable (Settings) -> String

    init(_ variable: String, _ value: String, _ shown: String, _ look: @escaping @Sendable (Settings) -> String) {
      self.variable = variable
      self.value = value
      self.shown = shown
      self.look = look
    }

    var testDescription: String { "\(variable)=\(value)" }
  }

  private static let rate: @Sendable (Settings) -> String = { $0.rateLimit.map(SettingForm.rate.write) ?? "none" }
  private static let cores: @Sendable (Settings) -> String = { $0.cpuLimit.map(SettingForm.cores.write) ?? "none" }

  private static let metrics: @Sendable (Settings) -> String = { $0.metrics?.description ?? "off" }

  static let good: [Good] = [
    Good("BPF_FILTER", "tcp port 80 or (udp)", "tcp port 80 or (udp)") { $0.filter },
    Good("DESTINATION", " a , [::1]:1,, 10.0.0.1:65535 ", "a:4789 [::1]:1 10.0.0.1:65535") {
      $0.destinations.map(\.description).joined(separator: " ")
    },
    Good("INTERFACE", "lo", "lo") { $0.interfaceNames }, Good("INTERFACE", "any", "any") { $0.interfaceNames },
    Good("INTERFACE", "lo, any", "any") { $0.interfaceNames },
    Good("MTU", "576", "576") { "\($0.mtu ?? 0)" }, Good("MTU", " 65535 ", "65535") { "\($0.mtu ?? 0)" },
    Good("STAT_DURATION", "0", "0") { "\($0.statDuration)" },
    Good("STAT_DURATION", "86400", "86400") { "\($0.statDuration)" },
    Good("VNI", "0", "0") { "\($0.vni)" }, Good("VNI", "16777215", "16777215") { "\($0.vni)" },
    Good("CAPTURE", "ring", "ring") { "\($0.capture)" }, Good("CAPTURE", "LibPCAP", "libpcap") { "\($0.capture)" },
    Good("CAPTURE", "auto", "auto") { "\($0.capture)" },
    Good("SNAP_LENGTH", "14", "14") { "\($0.snapLength ?? 0)" },
    Good("SNAP_LENGTH", "262144", "262144") { "\($0.snapLength ?? 0)" },
    Good("OVERSIZE", "truncate", "truncate") { "\($0.oversize)" },
    Good("OVERSIZE", "drop", "drop") { "\($0.oversize)" },
    Good("SEGMENT", "wire", "wire") { "\($0.segment)" }, Good("CHECKSUM", "keep", "keep") { "\($0.checksum)" },
    Good("SOURCE_PORTS", "1", "1") { "\($0.sourcePorts)" }, Good("SOURCE_PORTS", "256", "256") { "\($0.sourcePorts)" },
    Good("DESTINATION_MODE", "copy", "copy") { "\($0.destinationMode)" },
    Good("RESOLVE_INTERVAL", "1", "1") { "\($0.resolveInterval)" }, Good("WORKERS", "0", "0") { "\($0.workers)" },
    Good("WORKERS", "64", "64") { "\($0.workers)" },
    Good("BUFFER_SIZE", "1MiB", "1048576") { "\($0.bufferByteCount)" },
    Good("BUFFER_SIZE", "64 mib", "67108864") { "\($0.bufferByteCount)" },
    Good("BUFFER_SIZE", "4GiB", "4294967296") { "\($0.bufferByteCount)" },
    Good("BUFFER_SIZE", "2048K", "2097152") { "\($0.bufferByteCount)" },
    Good("BUFFER_SIZE", "1048576", "1048576") { "\($0.bufferByteCount)" },
    Good("BUFFER_SIZE", "1048577B", "1048577") { "\($0.bufferByteCount)" },
    Good("RATE_LIMIT", "500Mbps", "500Mbps", rate), Good("RATE_LIMIT", "200Mbit/s", "200Mbps", rate),
    Good("RATE_LIMIT", "50000pps", "50000pps", rate), Good("RATE_LIMIT", " 1.5 Gbit ", "1500Mbps", rate),
    Good("RATE_LIMIT", "500mbps", "500Mbps", rate), Good("RATE_LIMIT", "500000 kbit", "500Mbps", rate),
    Good("RATE_LIMIT", "64000bps", "64kbps", rate), Good("RATE_LIMIT", "25MB/s", "200Mbps", rate),
    Good("RATE_LIMIT", "25MBps", "200Mbps", rate), Good("RATE_LIMIT", "1MiB/s", "8388608bps", rate),
    Good("RATE_LIMIT", "10Mb/s", "10Mbps", rate), Good("RATE_LIMIT", "100 MBIT/S", "100Mbps", rate),
    Good("RATE_LIMIT", "50kpps", "50000pps", rate), Good("RATE_LIMIT", "1.2 Mpps", "1200000pps", rate),
    Good("RATE_LIMIT", "10 packets/s", "10pps", rate), Good("RATE_LIMIT", "1000Gbps", "1000Gbps", rate),
    Good("RATE_LIMIT", "65000 bits/s", "65kbps", rate), Good("RATE_LIMIT", "125000 bytes/s", "1Mbps", rate),
    Good("CPU_LIMIT", "0.2", "0.2", cores), Good("CPU_LIMIT", "1", "1", cores), Good("CPU_LIMIT", "20%", "0.2", cores),
    Good("CPU_LIMIT", "250m", "0.25", cores), Good("CPU_LIMIT", "64", "64", cores),
    Good("CPU_LIMIT", "0.01", "0.01", cores), Good("CPU_LIMIT", "12.5 %", "0.125", cores),
    Good("ENCRYPTED", "Handshake", "handshake") { $0.encrypted.rawValue },
    Good("ENCRYPTED", "none", "none") { $0.encrypted.rawValue },
    Good("FLOW_DEPTH", "64KiB", "65536") { "\($0.flowDepth ?? 0)" },
    Good("FLOW_DEPTH", "1k", "1024") { "\($0.flowDepth ?? 0)" },
    Good("FLOW_DEPTH", "1GiB", "1073741824") { "\($0.flowDepth ?? 0)" },
    Good("MIRROR", "accepted", "accepted") { $0.side.rawValue },
    Good("MIRROR", "opened", "opened") { $0.side.rawValue },
    Good("FLOW_TABLE", "4MiB", "4194304") { "\($0.flowTableByteCount)" },
    Good("SAMPLE", "1000000", "1000000") { "\($0.sample)" }, Good("STAT_FORMAT", "json", "json") { "\($0.statFormat)" },
    Good("STAT_FORMAT", "EMF", "emf") { "\($0.statFormat)" },
    Good("METRICS", " :9749", ":9749", metrics), Good("METRICS", "127.0.0.1:9749", "127.0.0.1:9749", metrics),
    Good("METRICS", "[::1]:9749", "[::1]:9749", metrics), Good("METRICS", "localhost:1", "127.0.0.1:1", metrics),
    Good("METRICS", "[::]:65535", "[::]:65535", metrics),
    Good("LOG_LEVEL", "Debug", "debug") { $0.logLevel.rawValue },
    Good("LOG_LEVEL", "WARN", "warning") { $0.logLevel.rawValue },
    Good("LOGLEVEL", "error", "error") { $0.logLevel.rawValue },
    Good("REPORTS", "On", "on") { $0.reports.rawValue }, Good("REPORTS", "off", "off") { $0.reports.rawValue },
    Good("LOG_FORMAT", "JSON", "json") { "\($0.logFormat)" },
    Good("HEALTH_FILE", " /run/healthy ", "/run/healthy") { $0.healthFile ?? "none" },
    Good("MIRROR_METADATA", "yes", "true") { "\($0.mirrorsMetadata)" },
    Good("MIRROR_METADATA", "TRUE", "true") { "\($0.mirrorsMetadata)" },
    Good("MIRROR_METADATA", "0", "false") { "\($0.mirrorsMetadata)" },
    Good("EXCLUDE", "host 10.0.0.5 or port 8200", "host 10.0.0.5 or port 8200") { $0.exclude },
    Good("SANDBOX", "Require", "require") { "\($0.sandbox)" }, Good("SANDBOX", "off", "off") { "\($0.sandbox)" },
    Good("SANDBOX", "auto", "auto") { "\($0.sandbox)" }, Good("USER_NAME", " root ", "root") { $0.user ?? "" },
    Good("USER_NAME", "10001:10001", "10001:10001") { $0.user ?? "" },
  ]

  /// No setting is left out of the lists here. Any text may be a filter: libpcap judges it. Interfaces are below.
  @Test func everySettingIsTried() {
    let variables = Set(Setting.all.flatMap(\.variables))
    #expect(variables.subtracting(Self.good.map(\.variable)) == [])
    #expect(variables.subtracting(Self.bad.map(\.0)) == ["BPF_FILTER", "EXCLUDE", "INTERFACE"])
  }

  @Test(arguments: good) func takes(_ good: Good) throws {
    let byVariable = try read(["DESTINATION": "c"].merging([good.variable: good.value]) { $1 })
    #expect(good.look(byVariable) == good.shown)
    let flag = try flag(of: good.variable)
    let byFlag = try read(["DESTINATION": "c"], flags: [flag: good.value])
    #expect(good.look(byFlag) == good.shown)
  }

  /// A value that makes no sense, and what the message says the setting takes.
  static let bad: [(String, String, String)] = [
    ("DESTINATION", "c:99999", destination), ("DESTINATION", ",", destination), ("DESTINATION", "a b", destination),
    ("DESTINATION", "a,b:0", destination), ("DESTINATION", "10.0.0.1:", destination),
    ("MTU", "abc", mtu), ("MTU", "10", mtu), ("MTU", "575", mtu), ("MTU", "65536", mtu), ("MTU", "-1500", mtu),
    ("MTU", "+1500", mtu), ("MTU", "1500.0", mtu), ("MTU", "0x5dc", mtu), ("MTU", "1500 bytes", mtu),
    ("MTU", "99999999999999999999", mtu),
    ("STAT_DURATION", "-1", "seconds from 0 (off) to 86400"),
    ("STAT_DURATION", "86401", "seconds from 0 (off) to 86400"),
    ("STAT_DURATION", "30s", "seconds from 0 (off) to 86400"),
    ("VNI", "16777216", "a number from 0 to 16777215"), ("VNI", "-1", "a number from 0 to 16777215"),
    ("CAPTURE", "pcap", "auto, ring or libpcap"), ("SNAP_LENGTH", "13", "a number of bytes from 14 to 262144"),
    ("SNAP_LENGTH", "262145", "a number of bytes from 14 to 262144"), ("OVERSIZE", "cut", "segment, truncate or drop"),
    ("ENCRYPTED", "yes", "mirror, handshake or none"), ("MIRROR", "server", "all, accepted or opened"),
    ("FLOW_DEPTH", "1000", "a size from 1KiB to 1GiB, such as 32KiB"),
    ("FLOW_DEPTH", "2GiB", "a size from 1KiB to 1GiB, such as 32KiB"),
    ("FLOW_DEPTH", "whole", "a size from 1KiB to 1GiB, such as 32KiB"),
    ("FLOW_TABLE", "1023KiB", "a size from 1MiB to 4GiB, such as 32MiB"),
    ("SEGMENT", "mss", "mtu or wire"), ("CHECKSUM", "yes", "fill or keep"),
    ("SOURCE_PORTS", "0", "a number from 1 to 256"), ("SOURCE_PORTS", "257", "a number from 1 to 256"),
    ("DESTINATION_MODE", "all", "balance, copy or failover"), ("RESOLVE_INTERVAL", "0", "seconds from 1 to 86400"),
    ("WORKERS", "65", "a number from 1 to 64, or 0 for one per core"),
    ("WORKERS", "-1", "a number from 1 to 64, or 0 for one per core"),
    ("BUFFER_SIZE", "1023KiB", size), ("BUFFER_SIZE", "5GiB", size), ("BUFFER_SIZE", "4097MiB", size),
    ("BUFFER_SIZE", "MiB", size), ("BUFFER_SIZE", "-16MiB", size), ("BUFFER_SIZE", "16XiB", size),
    ("BUFFER_SIZE", "99999999999999999999G", size), ("RATE_LIMIT", "500", rates), ("RATE_LIMIT", "500M", rates),
    ("RATE_LIMIT", "500MBPS", rates), ("RATE_LIMIT", "63kbps", rates), ("RATE_LIMIT", "9pps", rates),
    ("RATE_LIMIT", "1001Gbps", rates), ("RATE_LIMIT", "-1Mbps", rates), ("RATE_LIMIT", "1e9bps", rates),
    ("RATE_LIMIT", "infMbps", rates), ("RATE_LIMIT", "1..5Gbps", rates), ("RATE_LIMIT", ".5Gbps", rates),
    ("RATE_LIMIT", "5.Gbps", rates), ("RATE_LIMIT", "0", rates), ("RATE_LIMIT", "10Mbps 5pps", rates),
    ("RATE_LIMIT", "Mbps", rates), ("RATE_LIMIT", "99999999999999999999999999999pps", rates),
    ("CPU_LIMIT", "0", share), ("CPU_LIMIT", "0.004", share), ("CPU_LIMIT", "65", share), ("CPU_LIMIT", "-0.2", share),
    ("CPU_LIMIT", "0,2", share), ("CPU_LIMIT", "20 percent", share), ("CPU_LIMIT", "nan", share),
    ("CPU_LIMIT", "9m", share), ("SAMPLE", "0", "a number from 1 to 1000000"),
    ("SAMPLE", "1000001", "a number from 1 to 1000000"), ("STAT_FORMAT", "xml", "text, json or emf"),
    ("METRICS", "9749", scrape), ("METRICS", ":0", scrape), ("METRICS", "app:9749", scrape),
    ("METRICS", "127.0.0.1", scrape), ("METRICS", "::1:9749", scrape), ("METRICS", "[127.0.0.1]:9749", scrape),
    ("METRICS", "[]:9749", scrape), ("METRICS", ":65536", scrape), ("METRICS", "yes", scrape),
    ("LOG_LEVEL", "loud", "one of trace, debug, info, notice, warning, error, critical"),
    ("LOGLEVEL", "loud", "one of trace, debug, info, notice, warning, error, critical"),
    ("LOG_FORMAT", "xml", "text or json"), ("HEALTH_FILE", "healthy", file), ("HEALTH_FILE", "/run/", file),
    ("HEALTH_FILE", "/run/a\0b", file), ("HEALTH_FILE", "/" + String(repeating: "a", count: 1_024), file),
    ("REPORTS", "yes", "auto, on or off"),
    ("MIRROR_METADATA", "perhaps", "yes or no"), ("SANDBOX", "on", "auto, off or require"),
    ("USER_NAME", "no such user", user), ("USER_NAME", "1:2:3", user), ("USER_NAME", "4294967295", user),
  ]
  private static let scrape = "an address and a port, such as :9749, 127.0.0.1:9749 or [::1]:9749"
  private static let user = "a name in /etc/passwd, or a number, or two with a colon between them (user and group)"
  private static let mtu = "a number of bytes from 576 to 65535"
  private static let size = "a size from 1MiB to 4GiB, such as 32MiB"
  private static let rates = "a rate from 64kbps or 10pps on, such as 500Mbps, 200Mbit/s, 25MB/s or 50000pps"
  private static let share = "a share of one core from 0.01 to 64, such as 0.2, 20% or 200m"
  private static let file = "the path of a file from / on, such as /run/healthy"
  private static let destination =
    "a host name, IPv4 or [IPv6] address, each with an optional :port, several separated by commas"

  @Test(arguments: bad) func refuses(variable: String, value: String, takes: String) throws {
    let flag = try flag(of: variable)
    #expect(throws: SettingsError(name: variable, value: value, takes: takes)) {
      try read(["DESTINATION": "c"].merging([variable: value]) { $1 })
    }
    #expect(throws: SettingsError(name: "--\(flag)", value: value, takes: takes)) {
      try read(["DESTINATION": "c"], flags: [flag: value])
    }
    let message = "\(SettingsError(name: variable, value: value, takes: takes))"
    #expect(message.hasPrefix("\(variable)=") && message.hasSuffix(" makes no sense; it takes \(takes)"))
  }

  /// A flag wins, also where it alone is wrong.
  @Test(arguments: good) func aFlagWins(_ good: Good) throws {
    guard let bad = Self.bad.first(where: { $0.0 == good.variable }) else { return }
    let flag = try flag(of: good.variable)
    let destination = ["DESTINATION": "c"]
    let settings = try read(destination.merging([good.variable: bad.1]) { $1 }, flags: [flag: good.value])
    #expect(good.look(settings) == good.shown)
    #expect(throws: SettingsError(name: "--\(flag)", value: bad.1, takes: bad.2)) {
      try read(destination.merging([good.variable: good.value]) { $1 }, flags: [flag: bad.1])
    }
  }

  /// An empty variable counts as unset, and so does one of white space.
  @Test(arguments: ["", " ", "\t "]) func emptyIsUnset(value: String) throws {
    let all = Setting.all.flatMap(\.variables).filter { $0 != "DESTINATION" }
    let settings = try read(
      ["DESTINATION": "c"].merging(all.map { ($0, value) }, uniquingKeysWith: { $1 }))
    #expect("\(settings)" == "\(Settings(destinations: [Destination(host: "c")]))")
    #expect(throws: SettingsError(name: "DESTINATION", value: nil, takes: Self.destination)) {
      try read(["DESTINATION": value])
    }
    #expect(
      "\(SettingsError(name: "DESTINATION", value: nil, takes: "x"))" == "DESTINATION is not set; it takes x")
  }

  @Test func theFirstOfTwoNamesWins() throws {
    let both = try read(["DESTINATION": "c", "LOG_LEVEL": "trace", "LOGLEVEL": "error"])
    #expect(both.logLevel.rawValue == "trace")
    #expect(try read(["DESTINATION": "c", "LOG_LEVEL": "", "LOGLEVEL": "error"]).logLevel.rawValue == "error")
  }

  @Test(arguments: ["nosuch0", "lo,nosuch0", "lo,lo", ","]) func interfacesThatAreNotThere(value: String) throws {
    do {
      _ = try read(["DESTINATION": "c", "INTERFACE": value])
      Issue.record("INTERFACE=\(value) was taken")
    } catch let error as SettingsError {
      #expect(error.name == "INTERFACE" && error.value == value)
      let existing = NetworkInterface.all().map(\.name)
      #expect(existing.contains("lo"))
      #expect(
        error.takes == "any, or of these, separated by commas: \(existing.joined(separator: ", "))")
    }
  }

  /// The log's first line shows what is not the default, in the form in which it may be set.
  @Test func choicesAreWhatIsNotTheDefault() throws {
    #expect(try read(["DESTINATION": "c", "MTU": "1500", "VNI": "7", "SAMPLE": "1"]).choices == [])
    let given = [
      "STAT_DURATION": "5", "CAPTURE": "libpcap", "SNAP_LENGTH": "128", "OVERSIZE": "drop", "SEGMENT": "wire",
      "CHECKSUM": "keep", "SOURCE_PORTS": "8", "DESTINATION_MODE": "copy", "RESOLVE_INTERVAL": "7", "WORKERS": "2",
      "BUFFER_SIZE": "1536KiB", "RATE_LIMIT": "50Mbps", "CPU_LIMIT": "0.25", "SAMPLE": "4", "STAT_FORMAT": "json",
      "METRICS": ":9749",
      "LOG_LEVEL": "debug", "LOG_FORMAT": "json", "HEALTH_FILE": "/run/healthy", "REPORTS": "on",
      "MIRROR_METADATA": "yes", "EXCLUDE": "tcp", "SANDBOX": "require", "USER_NAME": "10001",
    ]
    let choices = try read(given.merging(["DESTINATION": "c"]) { $1 }).choices
    #expect(Set(choices) == Set(given.map { "\($0.key)=\($0.value)" }))
    // What has no variable is shown by its flag, and what a shell would split in quotes.
    let flags = ["for": "90m", "until-packets": "7", "exclude": "port 8200"]
    #expect(
      Set(try read(["DESTINATION": "c"], flags: flags).choices) == [
        "--for=1h30m", "--until-packets=7", "EXCLUDE=\"port 8200\"",
      ])
    #expect(try read(["DESTINATION": "c", "BUFFER_SIZE": "64m"]).choices == ["BUFFER_SIZE=64MiB"])
  }

  private func flag(of variable: String) throws -> String {
    try #require(Setting.all.first { $0.variables.contains(variable) }).flag
  }
}
