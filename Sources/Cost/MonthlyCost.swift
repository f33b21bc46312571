/// What a stream of so many bytes a second costs a month, part by part, as far as it is its bytes that cost.
package struct MonthlyCost: Equatable, Sendable {
  /// Hours of a month, as on the bill.
  package static let hours = 730.0
  /// Bytes of a gigabyte, as on the bill.
  package static let gigabyte = Double(1 << 30)

  /// Gigabytes.
  package let gigabytes: Double
  /// Dollars for what goes to another zone, paid on both sides.
  package let crossZone: Double
  /// Dollars for the load balancer's capacity units.
  package let loadBalancer: Double
  /// Dollars for the way through PrivateLink.
  package let privateLink: Double

  /// The cost of `bytesPerSecond` at `prices`.
  package init(bytesPerSecond: Double, _ prices: Prices) {
    gigabytes = Self.gigabytes(bytesPerSecond)
    crossZone = gigabytes * 2 * prices.crossZone
    loadBalancer = gigabytes * prices.capacityUnit
    privateLink = gigabytes * prices.endpoint
  }

  /// Gigabytes a month at so many bytes a second.
  package static func gigabytes(_ bytesPerSecond: Double) -> Double { bytesPerSecond * hours * 3_600 / gigabyte }
}
