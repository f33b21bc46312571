import Telemetry

/// What each rule leaves of a stream, and what that costs.
package struct CostReport: Sendable {
  /// A way to mirror.
  package struct Row: Equatable, Sendable {
    /// The settings, or what it is.
    package var name: String
    /// Datagrams.
    package var datagrams: UInt64
    /// Bytes of their outer IP packets.
    package var bytes: UInt64

    /// A way that sends so much.
    package init(_ name: String, datagrams: UInt64, bytes: UInt64) {
      self.name = name
      self.datagrams = datagrams
      self.bytes = bytes
    }
  }

  /// What was looked at.
  package var title: String
  /// Seconds that it took.
  package var seconds: Double
  /// The first is what the others save from.
  package var rows: [Row]
  /// nil: no money is told.
  package var prices: Prices?

  /// What these rows sent in so many seconds.
  package init(title: String, seconds: Double, rows: [Row], prices: Prices?) {
    self.title = title
    self.seconds = seconds
    self.rows = rows
    self.prices = prices
  }

  private func perSecond(_ value: UInt64) -> Double { seconds > 0 ? Double(value) / seconds : 0 }

  /// Share of the first row's bytes that a row leaves out; nil for the first, and where there are none.
  private func saved(_ index: Int) -> Double? {
    guard index > 0, let all = rows.first?.bytes, all > 0 else { return nil }
    return 1 - Double(rows[index].bytes) / Double(all)
  }

  /// For programs, on one line.
  package var json: String {
    let list = rows.indices.map { index -> JSONValue in
      let row = rows[index]
      let rate = perSecond(row.bytes)
      var members: [JSONValue.Member] = [
        ("rule", .string(row.name)), ("datagrams", .number(row.datagrams)), ("bytes", .number(row.bytes)),
        ("bits_per_second", Self.decimal(rate * 8, 0)),
        ("saved_ratio", saved(index).map { Self.decimal($0, 4) } ?? .null),
        ("gigabytes_a_month", Self.decimal(MonthlyCost.gigabytes(rate), 2)),
      ]
      if let prices {
        let cost = MonthlyCost(bytesPerSecond: rate, prices)
        members += [
          ("between_zones", Self.decimal(cost.crossZone, 2)), ("load_balancer", Self.decimal(cost.loadBalancer, 2)),
          ("privatelink", Self.decimal(cost.privateLink, 2)),
        ]
      }
      return .object(members)
    }
    return JSONValue.object([
      ("source", .string(title)), ("seconds", Self.decimal(seconds, 3)),
      ("prices", prices.map { .string("\($0.region) \($0.date)") } ?? .null), ("rules", .array(list)),
    ]).text()
  }

  /// For people: a table.
  package var text: String {
    let money = prices == nil ? [] : ["between zones", "load balancer", "PrivateLink"]
    var table = [["", "datagrams/s", "Mbit/s", "saved", "GB a month"] + money]
    for (index, row) in rows.enumerated() {
      let rate = perSecond(row.bytes)
      var cells = [
        row.name, DecimalText.grouped(perSecond(row.datagrams), 0), DecimalText.grouped(rate * 8 / 1e6, 3),
        saved(index).map { "\(DecimalText.grouped($0 * 100, 1)) %" } ?? "-",
        DecimalText.grouped(MonthlyCost.gigabytes(rate), 1),
      ]
      if let prices {
        let cost = MonthlyCost(bytesPerSecond: rate, prices)
        cells += [cost.crossZone, cost.loadBalancer, cost.privateLink].map { DecimalText.grouped($0, 2) }
      }
      table.append(cells)
    }
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let lines = table.map { cells in
      cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return column == 0 ? cells[column] + space : space + cells[column]
      }.joined(separator: "  ")
    }
    let head = "\(title): \(DecimalText.grouped(seconds, 1)) s"
    let foot = prices.map { "dollars a month at this rate, day and night; prices of \($0.region), \($0.date)" }
    return ([head, ""] + lines + ["", foot ?? "with --price-file: dollars a month"]).joined(separator: "\n")
  }

  private static func decimal(_ value: Double, _ places: Int) -> JSONValue {
    .decimal(DecimalText.plain(value, places))
  }
}
