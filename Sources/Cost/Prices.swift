import Telemetry

/// What a gigabyte costs on its way, from a file that an operator keeps: an object with `region`, `date`, and for each price
/// an object with `price`, in dollars.
package struct Prices: Equatable, Sendable {
  /// Why a file has no prices.
  package struct Failure: Error, Equatable {
    /// In one line.
    package let reason: String
  }

  /// Where they hold.
  package let region: String
  /// Since when.
  package let date: String
  /// A gigabyte between availability zones, for one of the two sides that pay it.
  package let crossZone: Double
  /// A load balancer's capacity unit for an hour: a gigabyte of UDP.
  package let capacityUnit: Double
  /// A gigabyte through an interface endpoint.
  package let endpoint: Double

  /// Reads a file.
  package init(_ text: [UInt8]) throws(Failure) {
    guard let document = JSONValue(parsing: text) else { throw Failure(reason: "it is no JSON") }
    func price(_ name: String) throws(Failure) -> Double {
      guard let value = document[name]?["price"]?.double, value.isFinite, value >= 0 else {
        throw Failure(reason: "\(name) has no price; it takes {\"price\": 0.01}")
      }
      return value
    }
    region = document["region"]?.string ?? "no region"
    date = document["date"]?.string ?? "no date"
    crossZone = try price("cross_zone_gb_each_side")
    capacityUnit = try price("nlcu_hour")
    endpoint = try price("endpoint_gb")
  }
}
