/// What a figure counts.
package enum MetricUnit: String, Sendable {
  case packets
  case datagrams
  case bytes
  case seconds
  case milliseconds
  case checksums
  /// ICMP messages.
  case messages
}
