/// A median with the range it was taken from.
struct Spread: Codable {
  var median: Double
  var minimum: Double
  var maximum: Double
  /// Half of the sample lies between these quartiles.
  var lower: Double
  var upper: Double

  /// The spread of a sample; nil when it is empty.
  init?(_ sample: [Double]) {
    let sorted = sample.sorted()
    guard let least = sorted.first, let most = sorted.last else { return nil }
    /// Between the two values next to it, as far as it lies from each.
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    (minimum, maximum) = (least, most)
    (lower, median, upper) = (quantile(0.25), quantile(0.5), quantile(0.75))
  }

  /// Half the distance of the quartiles, as a share of the median; 0 when that is 0.
  var uncertainty: Double { median == 0 ? 0 : abs((upper - lower) / 2 / median) }

  /// Whether the sample varies so much that its median says little.
  var isVague: Bool { uncertainty > 0.25 }
}
