import System
import Transport
import Wire

/// What a frame costs when it is sent, as RATE_LIMIT counts; settled after the batch with what was sent.
struct FrameCost {
  /// Bytes of the largest inner frame that goes whole.
  var maximumFrame = Int.max
  /// Bytes that each datagram has beside its inner frame.
  var overhead = 0
  /// Collectors that each frame goes to.
  var copies = 1

  init() {}

  /// On the way to `collectors`, which take inner frames of `maximumFrame` bytes.
  init(to collectors: CollectorSet, maximumFrame: Int) {
    self.maximumFrame = maximumFrame
    for index in collectors.paths.indices {
      overhead = max(overhead, Tunnel.overhead(isIPv6: collectors.paths[index].address.isIPv6))
    }
    copies = collectors.mode == .copy ? collectors.paths.count : 1
  }

  /// Bytes or datagrams of a frame of so many bytes.
  @inline(__always) func units(_ byteCount: Int, _ unit: RateLimit.Unit) -> Int64 {
    let countsDatagrams = unit == .datagrams
    let pieces = byteCount <= maximumFrame ? 1 : (byteCount - 1) / max(maximumFrame, 1) + 1
    return Int64((countsDatagrams ? pieces : byteCount + pieces * overhead) * copies)
  }
}
