/// Where the program runs.
package struct Placement: Equatable, Sendable {
  /// Availability zone, such as `eu-west-1a`.
  package let zone: String
  /// Region, such as `eu-west-1`.
  package let region: String

  /// nil for what cannot be a part of a host name.
  package init?(zone: String, region: String) {
    guard Self.isLabel(zone), Self.isLabel(region) else { return nil }
    self.zone = zone
    self.region = region
  }

  /// As ECS says of a task: its zone, and the region in its Amazon Resource Name.
  package init?(_ task: TaskMetadata) {
    let parts = task.arn.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 3 else { return nil }
    self.init(zone: task.zone, region: String(parts[3]))
  }

  /// RFC 1123 section 2.1, of letters as Amazon has them.
  private static func isLabel(_ text: String) -> Bool {
    1...63 ~= text.utf8.count && text.first != "-" && text.last != "-"
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
      }
  }
}
