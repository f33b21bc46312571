import Capture
import Forwarder
import System

/// Whether the interfaces that are captured on are there and up, and what their frames look like.
enum InterfaceProbe {
  /// What is to be said of the interfaces of `settings`, among those that are `present`.
  static func run(_ settings: Settings, present: [NetworkInterface]) -> [Finding] {
    guard case .named(let names) = settings.interfaces else { return any(present) }
    let found = names.compactMap { name in present.first { $0.name == name } }
    let isAnyUp = found.contains(where: \.isUp)
    return found.map { interface in
      guard !interface.isUp else { return .fine("interface", describe(interface)) }
      let text = "\(interface.name) is down"
      // The others are captured on meanwhile.
      return isAnyUp
        ? .note("interface", "\(text); it is captured on once it is up") : .cause(.interfaceDown, "interface", text)
    }
  }

  private static func any(_ present: [NetworkInterface]) -> [Finding] {
    let up = present.filter(\.isUp)
    let names = up.map(\.name).joined(separator: ", ")
    var findings = [Finding.fine("interface", "any, of which are up: \(names)")]
    if !up.contains(where: { $0.hardwareType != NetworkInterface.loopbackType }) {
      findings = [.note("interface", "any, but nothing is up but the loopback interface")]
    }
    for interface in up {
      guard let master = up.first(where: { $0.index == interface.master }) else { continue }
      findings.append(
        .note(
          "interface", "\(interface.name) is a port of \(master.name): what passes both is mirrored twice",
          remedy: "name one of them in INTERFACE"))
    }
    return findings
  }

  private static func describe(_ interface: NetworkInterface) -> String {
    let kind = interface.isEthernet ? "Ethernet" : "hardware type \(interface.hardwareType)"
    return "\(interface.name) is up, \(kind), MTU \(interface.mtu)"
  }
}
