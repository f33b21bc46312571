import Foundation

extension Results {
  /// One panel of the plot: a figure of several loads, a bar for each contender.
  private struct Panel {
    var title: String
    var unit: String
    var loads: [Load]
    var value: (Row) -> Spread?
  }

  private struct Layout {
    static let width = 960.0
    static let left = 70.0
    static let right = 20.0
    static let panelHeight = 210.0
    static let panelGap = 86.0
    static let top = 92.0
  }

  private static let colours: [Contender: String] = [
    .none: "#9aa0a6", .ring: "#1668b8", .ring2: "#0b3d73", .libpcap: "#62a8e5", .plain: "#d9822b",
    .batched: "#8a6d3b", .mirred: "#4d9a51", .daemonlogger: "#a05fa8",
  ]

  private static let names: [Contender: String] = [
    .none: "no mirror", .ring: "packet-forwarder, ring", .ring2: "ring, 2 workers",
    .libpcap: "packet-forwarder, libpcap", .plain: "plain C, libpcap + sendmsg",
    .batched: "the technique in bare C", .mirred: "tc mirred + vxlan",
    .daemonlogger: "daemonlogger (no VXLAN)",
  ]

  /// The figures that decide, as an SVG picture that needs nothing but a browser.
  func plot(_ loads: [Load]) -> String {
    let panels = [
      Panel(
        title: "CPU of the forwarder per mirrored frame", unit: "ns",
        loads: loads.filter { $0.isPaced || $0.isHTTP }, value: { $0.forwarderPerFrame }),
      Panel(
        title: "CPU of the whole system per mirrored frame, beyond that of no mirror", unit: "ns",
        loads: loads.filter { $0.isPaced || $0.isHTTP }, value: { $0.systemPerFrame }),
      Panel(
        title: "Throughput that the app keeps beside the mirror", unit: "share",
        loads: loads.filter { !$0.isPaced }, value: { $0.kept }),
      Panel(
        title: "Payload that arrived at the collector", unit: "share", loads: loads.filter { !$0.isPaced },
        value: { row in Spread([1 - row.loss.minimum, 1 - row.loss.median, 1 - row.loss.maximum]) }),
    ].filter { !$0.loads.isEmpty }
    let shown = contenders.filter { $0 != .none }
    let height = Layout.top + Double(panels.count) * (Layout.panelHeight + Layout.panelGap) - 20
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Layout.width)) \(Int(height))" \
      font-family="system-ui, sans-serif" font-size="13" fill="#202124">
      <rect width="100%" height="100%" fill="#ffffff"/>

      """
    for (index, contender) in shown.enumerated() {
      let x = Layout.left + Double(index % 3) * 290
      let y = 20.0 + Double(index / 3) * 22
      svg += rectangle(x, y - 11, 14, 14, Self.colours[contender])
      svg += text(x + 20, y + 1, Self.names[contender] ?? contender.rawValue)
    }
    for (index, panel) in panels.enumerated() {
      svg += draw(panel, shown, top: Layout.top + Double(index) * (Layout.panelHeight + Layout.panelGap))
    }
    return svg + "</svg>\n"
  }

  private func draw(_ panel: Panel, _ shown: [Contender], top: Double) -> String {
    let bars = panel.loads.map { load in
      shown.compactMap { contender in
        row(load, contender).flatMap(panel.value).map { (contender, $0) }
      }.filter { $0.1.maximum > 0 }
    }
    let most = bars.joined().map(\.1.maximum).max() ?? 1
    let step = Self.step(for: most)
    let limit = (most / step).rounded(.up) * step
    let bottom = top + Layout.panelHeight
    let width = Layout.width - Layout.left - Layout.right
    func y(_ value: Double) -> Double { bottom - max(0, value) / limit * Layout.panelHeight }

    var svg = text(Layout.left, top - 14, "\(panel.title) (\(panel.unit))", weight: "600")
    for tick in 0...Int((limit / step).rounded()) {
      let value = Double(tick) * step
      svg += line(Layout.left, y(value), Layout.width - Layout.right, y(value), "#dadce0")
      let label = step < 1 ? String(format: "%.1f", value) : String(Int(value))
      svg += text(Layout.left - 8, y(value) + 4, label, anchor: "end")
    }
    let slot = width / Double(panel.loads.count)
    let barWidth = min(60, slot * 0.8 / Double(max(1, bars.map(\.count).max() ?? 1)))
    for (index, load) in panel.loads.enumerated() {
      let group = barWidth * Double(bars[index].count)
      let start = Layout.left + Double(index) * slot + (slot - group) / 2
      svg += text(start + group / 2, bottom + 20, load.rawValue, anchor: "middle")
      for (place, (contender, value)) in bars[index].enumerated() {
        let x = start + Double(place) * barWidth
        svg += rectangle(
          x, y(value.median), barWidth - 2, bottom - y(value.median), Self.colours[contender])
        svg += line(x + barWidth / 2 - 1, y(value.minimum), x + barWidth / 2 - 1, y(value.maximum), "#202124")
      }
    }
    return svg + line(Layout.left, bottom, Layout.width - Layout.right, bottom, "#5f6368")
  }

  /// 1, 2 or 5 times a power of ten that gives four to ten ticks.
  private static func step(for most: Double) -> Double {
    let power = pow(10, log10(most).rounded(.down))
    return [0.1, 0.2, 0.5].map { $0 * power }.first { most / $0 <= 10 } ?? power
  }

  private func rectangle(_ x: Double, _ y: Double, _ w: Double, _ h: Double, _ colour: String?) -> String {
    String(
      format: "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%@\"/>\n", x, y, w, h,
      colour ?? "#000000")
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
    String(
      format: "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%@\"/>\n", x1, y1, x2, y2,
      colour)
  }

  private func text(
    _ x: Double, _ y: Double, _ content: String, anchor: String = "start", weight: String = "400"
  ) -> String {
    String(
      format: "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%@\" font-weight=\"%@\">%@</text>\n", x, y, anchor,
      weight, content)
  }
}
