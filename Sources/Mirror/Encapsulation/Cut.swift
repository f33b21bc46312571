import Wire

/// What a frame becomes so that it fits its paths.
enum Cut {
  /// One datagram, with the first so many bytes of the frame's packet.
  case whole(networkByteCount: Int)
  /// TCP segments, or the datagrams of a UDP super-datagram.
  case segments(Segmentation)
  /// Datagrams of a UDP super-datagram, each of which has to be cut in turn.
  case datagrams(Segmentation)
  /// IP fragments.
  case fragments(Fragmentation)
  /// It goes nowhere.
  case nothing
}
