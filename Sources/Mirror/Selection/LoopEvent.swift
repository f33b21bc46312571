/// A loop that was found, for the log.
package enum LoopEvent: Equatable, Sendable {
  /// Frames of this flow exist because of what is sent.
  case flow(FlowName)
  /// Another forwarder has mirrored what this one sent; the flow is that of its datagrams.
  case returned(FlowName)

  /// One line for people.
  package var description: String {
    switch self {
    case .flow(let name):
      """
      a mirroring loop: frames of \(name.description) appear because mirrored ones are sent (an encrypted tunnel on the \
      way to the collector?); they are dropped from now on and counted as loop. Exclude this flow in BPF_FILTER
      """
    case .returned(let name):
      """
      a mirroring loop: \(name.sender) mirrors what this forwarder sends back to it; such frames are dropped and counted \
      as loop. Exclude this forwarder's datagrams there, or UDP from \(name.sender) in BPF_FILTER here
      """
    }
  }
}
