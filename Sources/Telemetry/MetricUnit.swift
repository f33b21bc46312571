/// What a figure counts.
package enum MetricUnit: String, Sendable {
  case packets
  case datagrams
  case bytes
  case seconds
  case milliseconds
  case checksums
  /// A part of a whole, 0 ... 1.
  case ratio
  /// Of a filter program.
  case instructions
  /// TCP connections, or what is like them of UDP.
  case flows
  /// Of log and statistics.
  case lines
  /// ICMP messages.
  case messages
}
