package import Mirror
import System
package import Transport

extension Counters {
  /// Captured frames that were not sent, by reason, without zeros.
  package var dropReasons: [(name: String, frames: UInt64)] {
    ForwarderMetrics.droppedPackets.samples(of: self).filter { $0.value > 0 }.map { ($0.name, $0.value) }
  }
}

extension SendCounters {
  /// Frames lost in sending, by the name of the errno, without zeros.
  package var droppedByName: [(name: String, count: UInt64)] {
    (0..<Self.errnoCount).compactMap { code in
      droppedFrames[code] > 0 ? (ErrnoName.of(CInt(code)), droppedFrames[code]) : nil
    }
  }
}
