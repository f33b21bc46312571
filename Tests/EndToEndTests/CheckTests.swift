import Foundation
import Testing

/// What is wrong, and what `check` must say of it first. Read it as a table; docs/troubleshooting.md has a row for each
/// cause.
struct CheckCase: Sendable, CustomTestStringConvertible {
  /// In a few words.
  let name: String
  /// Settings beside the usual ones (DESTINATION the collector's, INTERFACE=eth0, BPF_FILTER=tcp).
  var settings: [String: String] = [:]
  /// Arguments of `check`.
  var arguments: [String] = []
  /// A command that runs the program.
  var launcher: [String] = []
  /// What listens on the collector's host: arguments of `receive`; nil is nobody.
  var receiver: [String]? = []
  /// MTU of the link to the collector.
  var mirrorMTU = 9001
  /// What the network is like.
  var prepare: @Sendable (CheckBench) throws -> Void = { _ in }
  /// The first cause; nil if all is fine.
  let cause: String?
  /// Exit code.
  let code: Int32
  /// What a finding says: of the first cause, or of any if all is fine.
  var says: [String] = []
  /// What its remedy says.
  var remedy = ""

  var testDescription: String { name }
}

extension EndToEnd {
  @Suite struct Checks {
    static let table = settingCases + collectorCases + pathCases + otherCases

    static let settingCases = [
      CheckCase(
        name: "all is fine", settings: ["DESTINATION": Testbed.collectorName, "MTU": "9000"], cause: nil, code: 0,
        says: [
          "eth0 is up, Ethernet, MTU 9001", "\"tcp\" compiles to", "frames may be captured",
          "the ring of 32768 KiB opens",
          "mirroring-fargate.private.example.com is 198.51.100.2", "is reached from 198.51.100.1",
          "receive answers from 198.51.100.2:4789 after ", "carries packets of 9000 bytes", "no other forwarder",
        ]),
      CheckCase(
        name: "all is fine over IPv6, with libpcap",
        settings: ["DESTINATION": "[2001:db8:2::2]", "CAPTURE": "libpcap", "INTERFACE": "any"], cause: nil, code: 0,
        says: ["libpcap opens", "receive answers from [2001:db8:2::2]:4789", "carries packets of 9001 bytes"]),
      CheckCase(
        name: "wrong interface", settings: ["INTERFACE": "eth7"], cause: "no-such-interface", code: 78,
        says: ["INTERFACE=eth7", "mirror0"]),
      CheckCase(
        name: "interface down", prepare: { try $0.testbed.app.ip("link set eth0 down") }, cause: "interface-down",
        code: 78, says: ["eth0 is down"]),
      CheckCase(name: "bad value", settings: ["MTU": "9k"], cause: "bad-setting", code: 78, says: ["MTU=9k"]),
      CheckCase(
        name: "misspelt variable", settings: ["BPF_FLITER": "tcp port 80"], cause: "misspelt-variable", code: 78,
        says: ["BPF_FLITER"], remedy: "rename BPF_FLITER to BPF_FILTER"),
      CheckCase(
        name: "filter that cannot compile", settings: ["BPF_FILTER": "tcp and"], cause: "filter-syntax", code: 78,
        says: ["\"tcp and\" does not compile: ", "syntax error"]),
      CheckCase(
        name: "filter that matches nothing anywhere", settings: ["BPF_FILTER": "tcp and udp"],
        cause: "filter-matches-nothing", code: 78, says: ["no packet can be all of this"]),
      CheckCase(
        name: "filter that matches nothing here",
        settings: ["BPF_FILTER": "src host 203.0.113.7 and dst host 203.0.113.8", "INTERFACE": "any"],
        cause: "filter-matches-nothing", code: 78, says: ["neither 203.0.113.7 nor 203.0.113.8"]),
      CheckCase(
        name: "filter for what is never mirrored", settings: ["BPF_FILTER": "tcp and host 169.254.170.2"],
        cause: "filter-matches-nothing", code: 78, says: ["MIRROR_METADATA"]),
      CheckCase(
        name: "filter for Ethernet on an interface without it",
        settings: ["BPF_FILTER": "ether host 02:00:00:00:00:01", "INTERFACE": "tun0"],
        prepare: { bench in
          _ = try bench.testbed.startScript(
            "tun_device.py", ["tun0", "/dev/null", "203.0.113.1/24", "2001:db8:3::1/64"], in: bench.testbed.app)
        }, cause: "filter-matches-nothing", code: 78, says: ["speaks of Ethernet"]),
      CheckCase(
        name: "no capability", launcher: ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"],
        cause: "no-permission", code: 77, says: ["CAP_NET_RAW is missing"]),
    ]

    static let collectorCases = [
      CheckCase(
        name: "name that does not resolve", settings: ["DESTINATION": "nosuch.private.example.com"],
        cause: "no-such-name", code: 68, says: ["nosuch.private.example.com"]),
      CheckCase(
        name: "DNS that does not answer", settings: ["DESTINATION": "nosuch.private.example.com"],
        launcher: [
          "unshare", "--mount", "sh", "-c",
          """
          file=$(mktemp) && echo nameserver 198.51.100.2 >"$file" && mount --bind "$file" /etc/resolv.conf && \
          rm "$file" && exec "$@"
          """, "sh",
        ],
        prepare: {
          try $0.testbed.collector.nft(
            "table inet f { chain in { type filter hook input priority 0; udp dport 53 drop; }; }")
        }, cause: "no-such-name", code: 68, says: ["DNS does not answer in time"]),
      CheckCase(
        name: "no route", settings: ["DESTINATION": "203.0.113.9"], cause: "no-route", code: 69,
        says: ["203.0.113.9:4789", "ENETUNREACH"]),
      CheckCase(
        name: "blackhole route", prepare: { try $0.testbed.app.ip("route add blackhole 198.51.100.2/32") },
        cause: "no-route", code: 69, says: ["a blackhole route"]),
      CheckCase(
        name: "nobody has the address", settings: ["DESTINATION": "198.51.100.77"], cause: "unreachable", code: 69,
        says: ["nobody on the link answers"]),
      CheckCase(
        name: "nobody has the IPv6 address", settings: ["DESTINATION": "[2001:db8:2::77]"], cause: "unreachable",
        code: 69, says: ["nobody on the link answers"]),
      CheckCase(
        name: "one of two collectors is missing",
        settings: ["DESTINATION": "\(Testbed.Address.collector),198.51.100.77", "DESTINATION_MODE": "copy"],
        cause: "unreachable", code: 69, says: ["198.51.100.77:4789 cannot be reached"]),
      CheckCase(
        name: "port closed", receiver: nil, cause: "port-closed", code: 69,
        says: ["\"port unreachable\" says 198.51.100.2"], remedy: "--collector-sniffs"),
      CheckCase(
        name: "port closed, and that is as it should be", arguments: ["--collector-sniffs"], receiver: nil, cause: nil,
        code: 0, says: ["datagrams come to 198.51.100.2, which sniffs", "carries packets of 9001 bytes"]),
      CheckCase(
        name: "the collector drops, which cannot be told from taking", receiver: nil,
        prepare: {
          try $0.testbed.collector.nft(
            "table inet f { chain in { type filter hook input priority 0; udp dport 4789 drop; }; }")
        }, cause: nil, code: 0, says: ["neither answers nor refuses", "cannot be told"]),
      CheckCase(
        name: "receive takes another VNI", receiver: ["--vni", "7"], cause: "other-vni", code: 78,
        says: ["takes another VNI"]),
      CheckCase(
        name: "firewall that drops UDP 4789 out",
        prepare: {
          try $0.testbed.app.nft(
            "table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
        }, cause: "firewall-here", code: 69, says: ["EPERM"]),
      CheckCase(
        name: "host prohibited", prepare: { try $0.testbed.collector.reject("icmp type host-prohibited") },
        cause: "prohibited", code: 69, says: ["\"host prohibited\" says 198.51.100.2"]),
      CheckCase(
        name: "administratively prohibited by a router",
        settings: ["DESTINATION": CheckBench.farCollector],
        prepare: { bench in
          try bench.addFarCollector(mtu: 9001, tells: true)
          try bench.testbed.peer.nft(
            """
            table ip g { chain on { type filter hook forward priority 0; udp dport 4789 reject with icmp type \
            admin-prohibited; }; }
            """)
        }, cause: "prohibited", code: 69, says: ["\"communication prohibited\" says 192.0.2.2, a host on the way"]),
    ]

    static let pathCases = [
      CheckCase(
        name: "MTU larger than the route's", settings: ["MTU": "9000"], mirrorMTU: 1500, cause: "mtu-above-route",
        code: 78, says: ["MTU=9000", "1500"], remedy: "set MTU=1500"),
      CheckCase(
        name: "MTU larger than the path's, and a router says so",
        settings: ["DESTINATION": CheckBench.farCollector, "MTU": "9000"],
        prepare: { try $0.addFarCollector(mtu: 1400, tells: true) }, cause: "mtu-above-path", code: 78,
        says: ["packets of 1400 bytes, says 192.0.2.2"], remedy: "set MTU=1400"),
      CheckCase(
        name: "MTU larger than the path's, and nobody says so",
        settings: ["DESTINATION": CheckBench.farCollector, "MTU": "9000"],
        prepare: { try $0.addFarCollector(mtu: 1400, tells: false) }, cause: "mtu-black-hole", code: 78,
        says: ["without a word", "the largest that arrived has 1400"], remedy: "set MTU=1400"),
      CheckCase(
        name: "a large probe gets lost by chance", settings: ["MTU": "9000"],
        prepare: {
          // The first of them, and no other.
          try $0.testbed.collector.nft(
            """
            table inet f { chain in { type filter hook input priority 0; udp dport 4789 ip length > 5000 \
            quota 9500 bytes drop; }; }
            """)
        }, cause: nil, code: 0, says: ["carries packets of 9000 bytes"]),
      CheckCase(
        name: "nobody says so, and the collector sniffs",
        settings: ["DESTINATION": CheckBench.farCollector], arguments: ["--collector-sniffs"], receiver: nil,
        prepare: { try $0.addFarCollector(mtu: 1450, tells: false) }, cause: "mtu-black-hole", code: 78,
        says: ["the largest that arrived has 1400"], remedy: "set MTU=1400"),
    ]

    static let otherCases = [
      CheckCase(
        name: "a second forwarder",
        prepare: { bench in
          _ = try Forwarder(
            ["DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0", "BPF_FILTER": "tcp"],
            testbed: bench.testbed)
        }, cause: "second-forwarder", code: 78, says: ["sends from UDP ports "]),
      CheckCase(
        name: "the collector is this host", settings: ["DESTINATION": Testbed.Address.app],
        prepare: { try $0.receive(on: $0.testbed.app) }, cause: "collector-is-here", code: 78,
        says: ["192.0.2.1 is an address of this host"]),
    ]

    @Test(.whereInstalled(["nft"]), arguments: table) func namesTheCause(_ row: CheckCase) throws {
      try withTestbed(mirrorMTU: row.mirrorMTU) { testbed in
        let bench = CheckBench(testbed: testbed)
        if let receiver = row.receiver { try bench.receive(receiver) }
        try row.prepare(bench)
        let usual = ["DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0", "BPF_FILTER": "tcp"]
        let start = monotonicSeconds()
        let (exit, report) = try bench.report(
          usual.merging(row.settings) { $1 }, arguments: row.arguments, launcher: row.launcher)
        #expect(monotonicSeconds() - start < 5)
        #expect(report.firstCause == row.cause, "\(report)")
        #expect(exit == .status(row.code))
        #expect(report.exitCode == row.code)
        #expect(report.fine == (row.code == 0))
        let findings = report.findings.filter { row.cause == nil || $0.cause == row.cause }
        for text in row.says {
          #expect(findings.contains { $0.text.contains(text) }, "no finding says \"\(text)\": \(findings)")
        }
        if !row.remedy.isEmpty { #expect(findings.first?.remedy?.contains(row.remedy) == true, "\(findings)") }
      }
    }

    /// Nothing of a check is mirrored by a forwarder that runs, nor shown by the collector.
    @Test func disturbsNobody() throws {
      try withTestbed { testbed in
        let bench = CheckBench(testbed: testbed)
        try bench.receive(["--stat-format", "json"])
        let settings = [
          "DESTINATION": Testbed.Address.collector, "INTERFACE": "any", "BPF_FILTER": "udp", "STAT_FORMAT": "json",
        ]
        let forwarder = try Forwarder(settings, testbed: testbed)
        _ = try bench.check(settings)
        let total = try forwarder.stopWithTotal()
        // Its own probes carry the forwarder's mark; the answers are traffic like any other.
        #expect(total.capturedPackets <= 2, "\(total)")
      }
    }

    /// As people see it: a line for each finding, the remedy below it, and the first cause at the end.
    @Test func text() throws {
      try withTestbed { testbed in
        let (exit, output) = try CheckBench(testbed: testbed).check(
          ["DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0"])
        #expect(exit == .status(69))
        let lines = output.split(separator: "\n")
        #expect(lines.first == "fine     settings        all make sense: DESTINATION, INTERFACE")
        #expect(lines.contains { $0.hasPrefix("warning  collector       nobody listens on 198.51.100.2:4789") })
        #expect(lines.contains { $0.hasPrefix("                         -> start the collector") })
        #expect(lines.last?.hasPrefix("look at this: port-closed (") == true)
        #expect(!output.contains("\u{1B}"), "no colours into a pipe")
      }
    }
  }
}
