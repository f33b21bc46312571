import Foundation
import Testing

/// Every command, tried wrongly in ten ways and more: one line on standard error, nothing else, and the exit code. 64 is for
/// a command line that is not understood, 78 for a value that makes no sense.
@Suite(.timeLimit(.minutes(2))) struct WrongWaysTests {
  struct Way: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let code: Int32
    let line: String
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ arguments: String..., code: Int32, _ line: String) {
      self.arguments = arguments
      self.code = code
      self.line = line
    }
  }

  private static let destination =
    "a host name, IPv4 or [IPv6] address, each with an optional :port, several separated by commas"
  private static let expression = "a pcap-filter expression such as tcp port 443"
  private static let commands = "run, check, receive, status, healthcheck, inject, cost, demo, help"

  static let withoutCommand = [
    Way("recieve", code: 64, "recieve is no command; did you mean receive?"),
    Way("chek", "--mtu", "9000", code: 64, "chek is no command; did you mean check?"),
    Way("Status", code: 64, "Status is no command; did you mean status?"),
    Way("-i", "lo", "statsu", code: 64, "statsu is no command; did you mean status?"),
    Way("-n", code: 64, "-n is no flag of run; names are not looked up for addresses: leave it out"),
    Way("-nn", "-i", "lo", code: 64, "-nn is no flag of run; names are not looked up for addresses: leave it out"),
    Way("-c", "10", "tcp", code: 64, "-c is no flag of run; --until-packets COUNT ends after so many"),
    Way(
      "-X", code: 64, "-X is no flag of run; packet-forwarder receive, at the collector, prints what is mirrored"),
    Way("--bogus", code: 64, "--bogus is no flag of run; packet-forwarder run --help lists them"),
    Way("--versoin", code: 64, "--versoin is no flag of run; did you mean --version?"),
    Way("-i", code: 64, "-i has no value behind it; packet-forwarder run --help says what it takes"),
    Way(
      "tcp", "prot", "80", code: 78,
      "filter=\"tcp prot 80\" makes no sense: can't parse filter expression: syntax error; it takes \(expression)"),
    Way(
      "nonsense", code: 78,
      "filter=nonsense makes no sense: can't parse filter expression: syntax error; it takes \(expression)"),
    Way(
      "--generate-completion-script", "tcsh", code: 78,
      "--generate-completion-script=tcsh makes no sense; it takes bash, fish or zsh"),
  ]

  static let run = [
    Way("run", "--mtu", "abc", code: 78, "--mtu=abc makes no sense; it takes a number of bytes from 576 to 65535"),
    Way("run", "--mtu=100", code: 78, "--mtu=100 makes no sense; it takes a number of bytes from 576 to 65535"),
    Way("run", "--mtu", "", code: 78, "--mtu=\"\" makes no sense; it takes a number of bytes from 576 to 65535"),
    Way("run", "--mtu", code: 64, "--mtu has no value behind it; packet-forwarder run --help says what it takes"),
    Way("run", "--destination", "a b", code: 78, "--destination=\"a b\" makes no sense; it takes \(destination)"),
    Way("run", "--destinaton", "x", code: 64, "--destinaton is no flag of run; did you mean --destination?"),
    Way(
      "run", "--bpf-filter", "tcp", code: 64,
      "--bpf-filter is no flag of run; did you mean --filter, or the variable BPF_FILTER?"),
    Way(
      "run", "-w", "file.pcap", code: 64,
      "-w is no flag of run; packet-forwarder receive --write FILE, at the collector, writes what is mirrored"),
    Way("run", "--write", "x", code: 64, "--write is no flag of run; did you mean packet-forwarder receive --write?"),
    Way(
      "run", "--filter", "tcp", "udp", code: 64,
      "the filter is given twice, as --filter=tcp and behind everything else as udp; leave one out"),
    Way(
      "run", "--for", "10 minutes", code: 78,
      "--for=\"10 minutes\" makes no sense; it takes a time from 1s to 365d, such as 30s, 10m or 1h30m"),
    Way(
      "run", "--until-packets", "0", code: 78,
      "--until-packets=0 makes no sense; it takes a number of packets from 1 on"),
    Way("run", "--list-interfaces=yes", code: 64, "--list-interfaces=yes makes no sense; it takes no value"),
    Way("run", "recieve", code: 64, "recieve is no command; did you mean receive?"),
    Way(
      "run", "--vni", "1\u{1B}[2J", code: 78,
      "--vni=\"1\\x1b[2J\" makes no sense; it takes a number from 0 to 16777215"),
  ]

  static let check = [
    Way("check", "--format", "xml", code: 78, "--format=xml makes no sense; it takes text or json"),
    Way("check", "--format", "", code: 78, "--format=\"\" makes no sense; it takes text or json"),
    Way(
      "check", "--format", code: 64, "--format has no value behind it; packet-forwarder check --help says what it takes"
    ),
    Way("check", "--bogus", code: 64, "--bogus is no flag of check; packet-forwarder check --help lists them"),
    Way(
      "check", "--colector-sniffs", code: 64, "--colector-sniffs is no flag of check; did you mean --collector-sniffs?"),
    Way("check", "--collector-sniffs=no", code: 64, "--collector-sniffs=no makes no sense; it takes no value"),
    Way(
      "check", "--filter", "tcp", "udp", code: 64,
      "the filter is given twice, as --filter=tcp and behind everything else as udp; leave one out"),
    Way("check", "statsu", code: 64, "statsu is no command; did you mean status?"),
    Way("check", "-D", code: 64, "-D is no flag of check; packet-forwarder -D lists the interfaces"),
    Way("check", "--mut", "9000", code: 64, "--mut is no flag of check; did you mean --mtu?"),
    Way(
      "check", "--BPF_FILTER=tcp", code: 64,
      "--BPF_FILTER is no flag of check; did you mean --filter, or the variable BPF_FILTER?"),
  ]

  static let receive = [
    Way(
      "receive", "--vni", "16777216", code: 78, "--vni=16777216 makes no sense; it takes a number from 0 to 16777215"),
    Way("receive", "--count", "0", code: 78, "--count=0 makes no sense; it takes a number from 1 on"),
    Way(
      "receive", "--listen", "a:99999", code: 78,
      "--listen=a:99999 makes no sense; it takes PORT, HOST:PORT or [IPv6]:PORT, the port from 0 to 65535"),
    Way("receive", "--from", "name", code: 78, "--from=name makes no sense; it takes an IPv4 or IPv6 address"),
    Way(
      "receive", "--write", code: 64,
      "--write has no value behind it; packet-forwarder receive --help says what it takes"),
    Way(
      "receive", "--buffer-size", "2GB", code: 78,
      "--buffer-size=2GB makes no sense; it takes a size from 64KiB to 1GiB, such as 100MiB"),
    Way(
      "receive", "--filter", "tcp prt 80", code: 78,
      "--filter=\"tcp prt 80\" makes no sense: can't parse filter expression: syntax error; it takes \(expression)"),
    Way(
      "receive", "--rotate-sise", "1MiB", code: 64, "--rotate-sise is no flag of receive; did you mean --rotate-size?"),
    Way("receive", "-w", "file", code: 64, "-w is no flag of receive; did you mean --write?"),
    Way("receive", "-i", "eth0", code: 64, "-i is no flag of receive; did you mean --interface?"),
    Way("receive", "tcp", "port", "80", code: 64, "receive takes nothing but flags, and not \"tcp port 80\""),
    Way("receive", "--quiet=1", code: 64, "--quiet=1 makes no sense; it takes no value"),
    Way(
      "receive", "--destination", "x", code: 64,
      "--destination is no flag of receive; did you mean packet-forwarder run --destination?"),
    Way(
      "receive", "--count-only", "--write", "x", code: 78, "--count-only makes no sense beside --write; leave one out"),
  ]

  static let status = [
    Way("status", "--pid", "one", code: 78, "--pid=one makes no sense; it takes a number from 1 to 2147483647"),
    Way("status", "--pid", "0", code: 78, "--pid=0 makes no sense; it takes a number from 1 to 2147483647"),
    Way(
      "status", "--pid", "99999999999", code: 78,
      "--pid=99999999999 makes no sense; it takes a number from 1 to 2147483647"),
    Way("status", "--pid", code: 64, "--pid has no value behind it; packet-forwarder status --help says what it takes"),
    Way("status", "--format", "xml", code: 78, "--format=xml makes no sense; it takes text or json"),
    Way(
      "status", "--format", "json", "--watch", code: 78,
      "--format=json makes no sense beside --watch; STAT_FORMAT=json has the forwarder print JSON again and again"),
    Way("status", "--wacth", code: 64, "--wacth is no flag of status; did you mean --watch?"),
    Way("status", "--watch=yes", code: 64, "--watch=yes makes no sense; it takes no value"),
    Way("status", "all", code: 64, "status takes nothing but flags, and not all"),
    Way("status", "--follow", code: 64, "--follow is no flag of status; packet-forwarder status --help lists them"),
  ]

  static let healthcheck = [
    Way("healthcheck", "--timeout", "5", code: 78, "--timeout=5 makes no sense; it takes a number from 10 to 60000"),
    Way("healthcheck", "--timeout", "1s", code: 78, "--timeout=1s makes no sense; it takes a number from 10 to 60000"),
    Way("healthcheck", "--timeout", "", code: 78, "--timeout=\"\" makes no sense; it takes a number from 10 to 60000"),
    Way(
      "healthcheck", "--timeout", code: 64,
      "--timeout has no value behind it; packet-forwarder healthcheck --help says what it takes"),
    Way("healthcheck", "--timout", "50", code: 64, "--timout is no flag of healthcheck; did you mean --timeout?"),
    Way("healthcheck", "--pid", "-1", code: 78, "--pid=-1 makes no sense; it takes a number from 1 to 2147483647"),
    Way("healthcheck", "--pid", "1.5", code: 78, "--pid=1.5 makes no sense; it takes a number from 1 to 2147483647"),
    Way("healthcheck", "now", code: 64, "healthcheck takes nothing but flags, and not now"),
    Way(
      "healthcheck", "--quiet", code: 64,
      "--quiet is no flag of healthcheck; did you mean packet-forwarder receive --quiet?"),
    Way(
      "healthcheck", "--bogus=1", code: 64,
      "--bogus is no flag of healthcheck; packet-forwarder healthcheck --help lists them"),
  ]

  static let demo = [
    Way("demo", "--count", "0", code: 78, "--count=0 makes no sense; it takes a number from 1 on"),
    Way("demo", "--count", "-3", code: 78, "--count=-3 makes no sense; it takes a number from 1 on"),
    Way("demo", "--count", "many", code: 78, "--count=many makes no sense; it takes a number from 1 on"),
    Way("demo", "--count", code: 64, "--count has no value behind it; packet-forwarder demo --help says what it takes"),
    Way("demo", "--capture", "magic", code: 78, "--capture=magic makes no sense; it takes auto, ring or libpcap"),
    Way("demo", "--captrue", "ring", code: 64, "--captrue is no flag of demo; did you mean --capture?"),
    Way("demo", "tcp", code: 64, "demo takes nothing but flags, and not tcp"),
    Way(
      "demo", "--filter", "tcp and", code: 78,
      "--filter=\"tcp and\" makes no sense: can't parse filter expression: syntax error; it takes \(expression)"),
    Way(
      "demo", "--interface", "lo", code: 64,
      "--interface is no flag of demo; did you mean packet-forwarder run --interface?"),
    Way("demo", "-c", "3", code: 64, "-c is no flag of demo; did you mean --count?"),
  ]

  static let inject = [
    Way(
      "inject", code: 64, "inject takes --image <image>, which is not there; packet-forwarder inject --help says more"),
    Way("inject", "--imgae", "a", code: 64, "--imgae is no flag of inject; did you mean --image?"),
    Way(
      "inject", "--image", "a", "--destination", code: 64,
      "--destination has no value behind it; packet-forwarder inject --help says what it takes"),
    Way(
      "inject", "--image", "a b", "--destination", "b", code: 78,
      "--image=\"a b\" makes no sense; it takes an image's name, such as registry.example.com/packet-forwarder:1.0.0"),
    Way(
      "inject", "--image", "a", "--destination", "b", "--name", "A b", code: 78,
      "--name=\"A b\" makes no sense; it takes small letters, digits and hyphens, at most 63"),
    Way(
      "inject", "--image", "a", "--destination", "b", "--cpu", "0", code: 78,
      "--cpu=0 makes no sense; it takes a number from 1 to 16384"),
    Way(
      "inject", "--image", "a", "--destination", "b", "--set", "VNI=x", code: 78,
      "VNI=x makes no sense; it takes a number from 0 to 16777215"),
    Way(
      "inject", "--image", "a", "--destination", "b", "--set", "MTU", code: 78,
      "--set MTU makes no sense; it takes NAME=VALUE, such as MTU=1500"),
    Way(
      "inject", "--image", "a", "--destination", "b", "/nonexistent", code: 66,
      "/nonexistent cannot be read: No such file or directory"),
    Way(
      "inject", "--image", "a", "--destination", "b", "one", "two", code: 64,
      "inject takes nothing but flags, and not two"),
    Way("inject", "--image", "a", "--destination", "b", "--write", code: 64, "--write takes a FILE to replace"),
    Way(
      "inject", "--image", "a", "--destination", "b", "--set", "BPF_FILTER=tcp and", code: 78,
      "BPF_FILTER=\"tcp and\" makes no sense: can't parse filter expression: syntax error; it takes \(expression)"),
  ]

  static let cost = [
    Way("cost", "--raed", "a", code: 64, "--raed is no flag of cost; did you mean --read?"),
    Way("cost", "--read", code: 64, "--read has no value behind it; packet-forwarder cost --help says what it takes"),
    Way("cost", "--format", "xml", code: 78, "--format=xml makes no sense; it takes text or json"),
    Way("cost", "--mtu", "1", code: 78, "--mtu=1 makes no sense; it takes a number from 576 to 65535"),
    Way(
      "cost", "--flow-depth", "64kB", code: 78,
      "--flow-depth=64kB makes no sense; it takes a size from 1KiB to 1GiB, such as 100MiB"),
    Way("cost", "/nonexistent", code: 66, "/nonexistent cannot be read: No such file or directory"),
    Way(
      "cost", "--price-file", "/nonexistent", code: 66, "/nonexistent cannot be read: No such file or directory"),
    Way("cost", "--price-file", "/dev/null", code: 65, "/dev/null: it is no JSON"),
    Way(
      "cost", "/dev/null", code: 65,
      "/dev/null has no line of statistics; it takes those of STAT_FORMAT=json or emf"),
    Way("cost", "--read", "a", "b", code: 64, "--read takes the place of STATISTICS: give one of them"),
    Way("cost", "a", "b", code: 64, "cost takes nothing but flags, and not b"),
  ]

  static let help = [
    Way("help", "statsu", code: 64, "statsu is no command; did you mean status?"),
    Way("help", "recieve", code: 64, "recieve is no command; did you mean receive?"),
    Way("help", "STATUS", code: 64, "STATUS is no command; did you mean status?"),
    Way("help", "chekc", code: 64, "chekc is no command; did you mean check?"),
    Way("hlep", code: 64, "hlep is no command; did you mean help?"),
    Way("help", "everything", code: 64, "everything is no command; there are: \(commands)"),
    Way("help", "--destination", code: 64, "--destination is no command; there are: \(commands)"),
    Way("help", "-x", code: 64, "-x is no command; there are: \(commands)"),
    Way("help", "", code: 64, "\"\" is no command; there are: \(commands)"),
    Way("help", "two words", code: 64, "\"two words\" is no command; there are: \(commands)"),
  ]

  @Test(arguments: [withoutCommand, run, check, receive, status, healthcheck, inject, cost, demo, help]) func tenWays(
    _ ways: [Way]
  )
    throws
  {
    #expect(ways.count >= 10)
    for way in ways {
      let run = try Command(way.arguments, environment: ["DESTINATION": "192.0.2.1"])
      #expect(run.exitCode == way.code, "\(way)")
      #expect(run.standardError == "packet-forwarder: \(way.line)\n", "\(way)")
      #expect(run.standardOutput.isEmpty, "\(way)")
    }
  }

  /// A filter of one word is one, however like a command it is.
  @Test(arguments: [
    "tcp", "udp", "icmp", "ip", "ip6", "arp", "icmp6", "sctp", "igmp", "esp", "ah", "rarp", "stp", "pim",
  ])
  func filtersOfOneWordAreNoCommands(_ word: String) throws {
    let run = try Command(["-d", word])
    #expect(run.exitCode == 0 && run.standardOutput.contains("# the filter: \(word)\n"), "\(run.standardError)")
  }
}
