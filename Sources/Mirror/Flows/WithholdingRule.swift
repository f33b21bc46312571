/// The rule by which a frame is not mirrored although nothing is wrong with it.
enum WithholdingRule: UInt8, BitwiseCopyable {
  /// ENCRYPTED.
  case encrypted
  /// FLOW_DEPTH.
  case depth
  /// MIRROR.
  case otherSide
}

/// What the rules make of a frame.
enum FlowVerdict: BitwiseCopyable {
  /// It is mirrored.
  case mirrored
  /// It is not.
  case withheld(WithholdingRule)
  /// Of a super-frame the first so many payload bytes are mirrored.
  case shortened(Int)
}
