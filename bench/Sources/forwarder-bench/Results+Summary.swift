import Foundation

extension Results {
  private struct Layout {
    static let width = 860.0
    static let top = 78.0
    static let row = 34.0
    static let bar = 20.0
    static let names = 220.0
    /// Where the bars of each half begin, and how long the longest is.
    static let starts = [230.0, 560.0]
    static let length = 225.0
  }

  /// For those who do not read tables: what a packet costs the machine, and what the app keeps, ours against the others.
  /// Nil where the loads or the contenders of it were not run.
  func summary() -> String? {
    let web = runs.contains { $0.load == .http1k } ? Load.http1k : .http
    let shown = [Contender.ring, .libpcap, .mirred, .plain, .daemonlogger].filter { contenders.contains($0) }
    let costs = shown.map { row(.udp200, $0)?.certainSystemPerFrame?.median }
    let kept = shown.map { row(web, $0)?.kept?.median }
    guard shown.count > 1, let most = costs.compactMap({ $0 }).max(), most > 0, kept.contains(where: { $0 != nil })
    else { return nil }
    let height = Layout.top + Double(shown.count) * Layout.row + 46
    var content = SVG.text(20, 26, "What mirroring costs", weight: "600")
    content += SVG.text(Layout.starts[0], 48, "CPU per packet, whole machine", weight: "600")
    content += SVG.text(Layout.starts[0], 65, "ns, 200-byte UDP; shorter is better", colour: SVG.axis)
    content += SVG.text(Layout.starts[1], 48, "The app keeps of its throughput", weight: "600")
    content += SVG.text(Layout.starts[1], 65, "nginx; longer is better", colour: SVG.axis)
    for (index, contender) in shown.enumerated() {
      let y = Layout.top + Double(index) * Layout.row + (Layout.row - Layout.bar) / 2
      let isOurs = contender.isOurs
      content += SVG.text(
        Layout.names, y + 15, contender.title, anchor: "end", weight: isOurs ? "600" : "400")
      let figures = [
        (costs[index].map { $0 / most }, costs[index].map { String(format: "%.0f", $0) }),
        (kept[index], kept[index].map { String(format: "%.0f %%", $0 * 100) }),
      ]
      for (start, (share, label)) in zip(Layout.starts, figures) {
        let length = min(1, max(0, share ?? 0)) * Layout.length
        content += SVG.rectangle(start, y, length, Layout.bar, isOurs ? contender.colour : "#b3bcc5")
        content += SVG.text(start + length + 7, y + 15, label ?? "not certain")
      }
    }
    let bottom = Layout.top + Double(shown.count) * Layout.row
    for start in Layout.starts { content += SVG.line(start, Layout.top, start, bottom, SVG.axis) }
    let places = placement.app == nil ? "nothing pinned" : "app and forwarder on a core each"
    let note =
      "\(Self.machine.cores) virtual cores, Linux \(Self.machine.kernel.prefix { $0 != "-" }), \(places); "
      + "medians of \(rounds) rounds. How: bench/README.md"
    content += SVG.text(20, height - 16, note, colour: SVG.axis)
    return SVG.document(width: Layout.width, height: height, content)
  }
}
