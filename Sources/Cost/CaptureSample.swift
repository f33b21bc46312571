package import Capture
import Mirror
package import System

/// Frames of a capture file, tried with each rule.
package struct CaptureSample: Sendable {
  /// What went wrong.
  package enum Failure: Error {
    case capture(CaptureError)
    case system(SystemError)
  }

  /// Seconds between the first frame and the last.
  package let seconds: Double
  /// Frames.
  package let frames: UInt64
  /// Everything, and what each rule leaves.
  package let rows: [CostReport.Row]

  /// Reads the file at `path` once for each rule. Outer packets have `mtu` bytes at most, responses are cut at `depth`.
  package init(_ path: String, mtu: Int, depth: Int, depthText: String) throws(Failure) {
    var rows: [CostReport.Row] = []
    var (seconds, frames) = (0.0, UInt64(0))
    for (name, rules) in Self.ways(depth, depthText) {
      let trial: FlowTrial
      do throws(SystemError) { trial = try FlowTrial(rules, mtu: mtu) } catch { throw .system(error) }
      do throws(CaptureError) { try CaptureFile.read(path, into: trial) } catch { throw .capture(error) }
      rows.append(CostReport.Row(name, datagrams: trial.account.datagrams, bytes: trial.account.bytes))
      seconds = trial.span.map { Double($0.upperBound - $0.lowerBound) / 1e9 } ?? 0
      frames = trial.frames
    }
    (self.rows, self.seconds, self.frames) = (rows, seconds, frames)
  }

  /// MIRROR is not among them: a file does not say which of the hosts is ours.
  private static func ways(_ depth: Int, _ text: String) -> [(String, FlowRules)] {
    var (handshake, none, cut, both) = (FlowRules(), FlowRules(), FlowRules(), FlowRules())
    handshake.encrypted = .handshake
    none.encrypted = .none
    cut.depth = depth
    both.encrypted = .handshake
    both.depth = depth
    return [
      ("everything", FlowRules()), ("ENCRYPTED=handshake", handshake), ("ENCRYPTED=none", none),
      ("FLOW_DEPTH=\(text)", cut), ("ENCRYPTED=handshake FLOW_DEPTH=\(text)", both),
    ]
  }
}
