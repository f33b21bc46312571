/// What can keep a mirror from working, as far as `check` can tell: one row for each. docs/troubleshooting.md has the same table.
public enum Cause: String, CaseIterable, Sendable {
  case badSetting = "bad-setting"
  case misspeltVariable = "misspelt-variable"
  case noSuchInterface = "no-such-interface"
  case interfaceDown = "interface-down"
  case linkType = "link-type"
  case filterSyntax = "filter-syntax"
  case filterMatchesNothing = "filter-matches-nothing"
  case noPermission = "no-permission"
  case noCapture = "no-capture"
  case ringMemory = "ring-memory"
  case noSuchName = "no-such-name"
  case noRoute = "no-route"
  case collectorIsHere = "collector-is-here"
  case firewallHere = "firewall-here"
  case prohibited = "prohibited"
  case unreachable = "unreachable"
  case portClosed = "port-closed"
  case otherVNI = "other-vni"
  case mtuAboveRoute = "mtu-above-route"
  case mtuAbovePath = "mtu-above-path"
  case mtuBlackHole = "mtu-black-hole"
  case secondForwarder = "second-forwarder"

  /// What is known of a cause, whatever its circumstances.
  private struct Row {
    /// Exit code of sysexits.h.
    var code: Int32
    /// Whether the forwarder would not start, or mirror nothing or not all; else it works, and is perhaps not what was
    /// meant.
    var isFatal: Bool
    /// What it is.
    var meaning: String
    /// What to do.
    var remedy: String
  }

  /// Exit code of sysexits.h: 68 (no host), 69 (unavailable), 74 (input or output), 77 (permission), 78 (configuration).
  public var exitCode: Int32 { row.code }
  /// Whether the forwarder would not start, or mirror nothing or not all; else it works, and is perhaps not what was meant.
  public var isFatal: Bool { row.isFatal }
  /// What it is, in Markdown.
  public var meaning: String { row.meaning }
  /// What to do, in Markdown.
  public var remedy: String { row.remedy }

  private var row: Row {
    switch self {
    case .badSetting:
      Row(
        code: 78, isFatal: true, meaning: "a value makes no sense, or one is missing",
        remedy: "correct the setting; Settings has what each takes")
    case .misspeltVariable:
      Row(
        code: 78, isFatal: false, meaning: "a variable is no setting but looks like one",
        remedy: "rename the variable, or remove it")
    case .noSuchInterface:
      Row(
        code: 78, isFatal: true, meaning: "`INTERFACE` names one that is not there",
        remedy: "use one of those listed, or `any`; on Fargate it is often `eth1`, not `eth0`")
    case .interfaceDown:
      Row(
        code: 78, isFatal: true, meaning: "all interfaces that are named are down",
        remedy: "set one up, or use `INTERFACE=any`")
    case .linkType:
      Row(
        code: 78, isFatal: true, meaning: "the interface's frames cannot be sent as Ethernet",
        remedy: "name another interface, or use `INTERFACE=any`, which leaves it out")
    case .filterSyntax:
      Row(
        code: 78, isFatal: true, meaning: "`BPF_FILTER` does not compile",
        remedy: "correct the expression; pcap-filter(7) has the language, and an empty one takes everything")
    case .filterMatchesNothing:
      Row(
        code: 78, isFatal: true, meaning: "no frame that can be seen here would match `BPF_FILTER`",
        remedy: "widen the filter, or capture on another interface; an empty filter takes everything")
    case .noPermission:
      Row(
        code: 77, isFatal: true, meaning: "`CAP_NET_RAW` is missing",
        remedy: "run as root, give the binary the capability (`setcap cap_net_raw+p`), or keep `NET_RAW` among the "
          + "container's capabilities, without `no-new-privileges` for a non-root user")
    case .noCapture:
      Row(
        code: 74, isFatal: true, meaning: "the capture does not open for another reason",
        remedy: "see the error; `CAPTURE=libpcap` where the system has no rings, a smaller `BUFFER_SIZE` without memory"
      )
    case .ringMemory:
      Row(
        code: 74, isFatal: false, meaning: "there is memory for a part of `BUFFER_SIZE` only",
        remedy: "set `BUFFER_SIZE` to less, or give the machine more memory")
    case .noSuchName:
      Row(
        code: 68, isFatal: true, meaning: "`DESTINATION` does not resolve, or DNS does not answer in time",
        remedy: "check the name, the VPC's DNS settings and the name's private zone; a load balancer leaves out zones "
          + "without a healthy target")
    case .noRoute:
      Row(
        code: 69, isFatal: true, meaning: "there is no route to the collector",
        remedy: "add one to the host's or the subnet's routing table, or correct `DESTINATION`")
    case .collectorIsHere:
      Row(
        code: 78, isFatal: false, meaning: "`DESTINATION` is an address of this host",
        remedy: "send to another host: what the collector says here would be mirrored to it as well")
    case .firewallHere:
      Row(
        code: 69, isFatal: true, meaning: "a firewall on this host forbids the datagrams (`EPERM`)",
        remedy: "allow UDP to the collector's port in the output rules (`nft list ruleset`, `iptables -S`)")
    case .prohibited:
      Row(
        code: 69, isFatal: true, meaning: "a firewall on the way, or the collector's, refuses the datagrams by ICMP",
        remedy: "allow UDP to the collector's port on the host that answers")
    case .unreachable:
      Row(
        code: 69, isFatal: true, meaning: "a router says that there is no way, or nobody answers for the address",
        remedy: "check `DESTINATION`, and whether the collector runs; then the routes of the host that answers")
    case .portClosed:
      Row(
        code: 69, isFatal: false, meaning: "nobody listens on the collector's port",
        remedy: "start the collector, or correct the port; if it only sniffs, all is well: `--collector-sniffs`")
    case .otherVNI:
      Row(
        code: 78, isFatal: true, meaning: "the collector is `receive` and takes another VNI",
        remedy: "set the same `VNI` and `--vni` on both sides")
    case .mtuAboveRoute:
      Row(
        code: 78, isFatal: false, meaning: "`MTU` is more than the route from here carries",
        remedy: "set `MTU` to what it carries; the forwarder lowers it by itself")
    case .mtuAbovePath:
      Row(
        code: 78, isFatal: false, meaning: "the path carries less than `MTU`, and a router on it says so",
        remedy: "set `MTU` to what it carries; the forwarder lowers it by itself, at the price of some datagrams")
    case .mtuBlackHole:
      Row(
        code: 78, isFatal: true, meaning: "the path carries less than `MTU`, and nobody says so: large frames are lost",
        remedy: "set `MTU` to what it carries, or allow ICMP \"fragmentation needed\" on the way")
    case .secondForwarder:
      Row(
        code: 78, isFatal: false, meaning: "another forwarder runs in this network namespace",
        remedy: "end one of them, unless both are meant; none mirrors what the other sends")
    }
  }
}
