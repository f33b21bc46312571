import Foundation

/// The few shapes that the plots are made of.
enum SVG {
  static let ink = "#202124"
  static let grid = "#dadce0"
  static let axis = "#5f6368"

  static func document(width: Double, height: Double, _ content: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" \
    font-family="system-ui, -apple-system, 'DejaVu Sans', sans-serif" font-size="13" fill="\(ink)">
    <rect width="100%" height="100%" fill="#ffffff"/>
    \(content)</svg>

    """
  }

  static func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String) -> String {
    String(
      format: "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%@\"/>\n", x, y, width, height,
      colour)
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
    String(
      format: "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%@\"/>\n", x1, y1, x2, y2, colour)
  }

  static func text(
    _ x: Double, _ y: Double, _ content: String, anchor: String = "start", weight: String = "400",
    colour: String = ink
  ) -> String {
    String(
      format: "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%@\" font-weight=\"%@\" fill=\"%@\">%@</text>\n", x, y,
      anchor, weight, colour, content)
  }
}

extension Contender {
  var colour: String {
    switch self {
    case .none: "#9aa0a6"
    case .ring: "#1668b8"
    case .ring2: "#0b3d73"
    case .any: "#2f8f9d"
    case .libpcap: "#62a8e5"
    case .baseline: "#b3bcc5"
    case .plain: "#d9822b"
    case .batched: "#8a6d3b"
    case .mirred: "#4d9a51"
    case .daemonlogger: "#a05fa8"
    }
  }

  /// For the plots.
  var title: String {
    switch self {
    case .none: "no mirror"
    case .ring: "packet-forwarder, ring"
    case .ring2: "ring, 2 workers"
    case .any: "ring, INTERFACE=any"
    case .libpcap: "packet-forwarder, libpcap"
    case .baseline: "packet-forwarder, earlier build"
    case .plain: "plain C, libpcap + sendmsg"
    case .batched: "the technique in bare C"
    case .mirred: "tc mirred + vxlan"
    case .daemonlogger: "daemonlogger (no VXLAN)"
    }
  }
}
