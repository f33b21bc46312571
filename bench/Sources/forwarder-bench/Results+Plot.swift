import Foundation

extension Results {
  /// One panel of the plot: a figure of several loads, a bar for each contender.
  private struct Panel {
    var title: String
    var unit: String
    var loads: [Load]
    /// What has none has no bar.
    var value: (Row) -> Spread?
  }

  private struct Layout {
    static let width = 960.0
    static let left = 70.0
    static let right = 20.0
    static let panelHeight = 210.0
    static let panelGap = 86.0
    static let legendColumns = 3
    static let legendRow = 22.0
  }

  /// The figures that decide, as an SVG picture that needs nothing but a browser. CPU of the whole system, the difference
  /// of two large figures, has no bar where it varies too much to say anything.
  func plot(_ loads: [Load]) -> String {
    let panels = [
      Panel(
        title: "CPU of the forwarder per mirrored frame", unit: "ns",
        loads: loads.filter { $0.isPaced || $0.isHTTP }, value: { $0.forwarderPerFrame }),
      Panel(
        title: "CPU of the whole system per mirrored frame, beyond that of no mirror, where it is certain", unit: "ns",
        loads: loads.filter { load in
          (load.isPaced || load.isHTTP)
            && rows(of: load).contains { $0.contender != .none && $0.certainSystemPerFrame != nil }
        }, value: \.certainSystemPerFrame),
      Panel(
        title: "Throughput that the app keeps beside the mirror", unit: "share",
        loads: loads.filter { !$0.isPaced }, value: { $0.kept }),
      Panel(
        title: "Payload that arrived at the collector", unit: "share",
        loads: loads.filter { !$0.isPaced && !$0.isOneNIC },
        value: { row in
          let loss = row.loss
          return Spread([loss.maximum, loss.upper, loss.median, loss.lower, loss.minimum].map { 1 - $0 })
        }),
    ].filter { !$0.loads.isEmpty }
    let shown = contenders.filter { $0 != .none }
    let legendRows = (shown.count + Layout.legendColumns - 1) / Layout.legendColumns
    // Below the legend, the first panel's title and a line of space.
    let top = 20 + Double(legendRows) * Layout.legendRow + 50
    let height = top + Double(panels.count) * (Layout.panelHeight + Layout.panelGap) - 40
    var content = ""
    for (index, contender) in shown.enumerated() {
      let x = Layout.left + Double(index % Layout.legendColumns) * 290
      let y = 24 + Double(index / Layout.legendColumns) * Layout.legendRow
      content += SVG.rectangle(x, y - 11, 14, 14, contender.colour)
      content += SVG.text(x + 20, y + 1, contender.title)
    }
    for (index, panel) in panels.enumerated() {
      content += draw(panel, shown, top: top + Double(index) * (Layout.panelHeight + Layout.panelGap))
    }
    return SVG.document(width: Layout.width, height: height, content)
  }

  private func draw(_ panel: Panel, _ shown: [Contender], top: Double) -> String {
    let bars = panel.loads.map { load in
      shown.compactMap { contender in
        row(load, contender).flatMap(panel.value).map { (contender, $0) }
      }.filter { $0.1.median > 0 }
    }
    let most = bars.joined().map(\.1.upper).max() ?? 1
    let step = Self.step(for: most)
    let limit = (most / step).rounded(.up) * step
    let bottom = top + Layout.panelHeight
    let width = Layout.width - Layout.left - Layout.right
    func y(_ value: Double) -> Double { bottom - max(0, value) / limit * Layout.panelHeight }

    var content = SVG.text(Layout.left, top - 14, "\(panel.title) (\(panel.unit))", weight: "600")
    for tick in 0...Int((limit / step).rounded()) {
      let value = Double(tick) * step
      content += SVG.line(Layout.left, y(value), Layout.width - Layout.right, y(value), SVG.grid)
      let label = step < 1 ? String(format: "%.1f", value) : String(Int(value))
      content += SVG.text(Layout.left - 8, y(value) + 4, label, anchor: "end")
    }
    let slot = width / Double(panel.loads.count)
    let barWidth = min(60, slot * 0.8 / Double(max(1, bars.map(\.count).max() ?? 1)))
    // Names of loads stand on two lines in turn where there is no room for them side by side.
    let longest = Double(panel.loads.map(\.rawValue.count).max() ?? 0) * 7.5
    for (index, load) in panel.loads.enumerated() {
      let group = barWidth * Double(bars[index].count)
      let start = Layout.left + Double(index) * slot + (slot - group) / 2
      let drop = longest > slot && index % 2 == 1 ? 36.0 : 20.0
      content += SVG.text(start + group / 2, bottom + drop, load.rawValue, anchor: "middle")
      for (place, (contender, value)) in bars[index].enumerated() {
        let x = start + Double(place) * barWidth
        let gap = min(2, barWidth / 5)
        content += SVG.rectangle(
          x, y(value.median), barWidth - gap, bottom - y(value.median), contender.colour)
        let middle = x + (barWidth - gap) / 2
        content += SVG.line(middle, y(value.lower), middle, y(value.upper), SVG.ink)
      }
    }
    return content + SVG.line(Layout.left, bottom, Layout.width - Layout.right, bottom, SVG.axis)
  }

  /// 1, 2 or 5 times a power of ten that gives four to ten ticks.
  private static func step(for most: Double) -> Double {
    let power = pow(10, log10(most).rounded(.down))
    return [0.1, 0.2, 0.5].map { $0 * power }.first { most / $0 <= 10 } ?? power
  }
}
