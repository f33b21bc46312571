import Transport

/// Whose datagrams they are, and where they go.
struct Shipment {
  /// Number of the captured frame in its batch.
  let index: Int
  /// The paths of its flow, and the lane on each.
  let placement: FlowPlacement
  /// The frame is as it was captured, not one that was made of a part of it: only then what is done to it is counted.
  let isFirst: Bool
}
