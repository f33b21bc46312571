import Capture
import System

/// The interfaces there are, for `-D`: what INTERFACE may name, and what it would mean.
enum InterfaceTable {
  /// A heading and a line for each interface.
  static func lines() throws(SystemError) -> [String] {
    // Without addresses rather than not at all.
    let addresses = (try? LocalAddresses.byInterface()) ?? [:]
    let rows = try NetworkInterface.present().map { interface in
      [
        interface.name, state(interface), interface.isEthernet ? "Ethernet" : "raw IP", "\(interface.mtu)",
        addresses[interface.name, default: []].map(\.host).joined(separator: " "),
      ]
    }
    let all = ["any", "", "", "", "all of them, and those that come later"]
    return aligned([["NAME", "STATE", "LINK TYPE", "MTU", "ADDRESSES"]] + rows + [all])
  }

  private static func state(_ interface: NetworkInterface) -> String {
    interface.isUp ? interface.isRunning ? "up" : "no carrier" : "down"
  }

  /// Columns of equal width, two spaces between them.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      var line = Substring(cells.joined(separator: "  "))
      while line.last == " " { line.removeLast() }
      return String(line)
    }
  }
}
