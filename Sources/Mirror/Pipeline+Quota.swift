package import Capture

/// Frames in portions that the quota allows.
extension Pipeline {
  /// Looks at the frames of a batch until the quota is spent; the rest is left alone and in no counter.
  package func consume(_ batch: borrowing FrameBatch) {
    guard let quota else { return pass(batch) }
    var next = 0
    while next < batch.count {
      let claimed = quota.claim(batch.count - next)
      guard claimed > 0 else { return }
      let before = forwardedFrames
      if claimed == batch.count {
        pass(batch)
      } else {
        // Near the end only, so that memory for it need not be kept.
        var portion = FrameBatch()
        for index in next..<next + claimed { portion.append(batch[index]) }
        pass(portion)
      }
      quota.settle(claimed: claimed, forwarded: Int(forwardedFrames &- before))
      next += claimed
    }
  }
}
