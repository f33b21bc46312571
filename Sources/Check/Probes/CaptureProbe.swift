import Capture
import Forwarder

/// Whether the capture opens: permission, memory, the kernel's consent to the filter. Nothing is captured.
enum CaptureProbe {
  /// What is to be said, and whether the kernel describes what offload has left open; nil if that is not known.
  static func run(_ settings: Settings) -> (findings: [Finding], hasOffloadHeader: Bool?) {
    var settings = settings
    // Of a filter that does not compile enough is said.
    if (try? settings.plan(collectors: []).validateFilter()) == nil { settings.filter = "" }
    do throws(CaptureError) {
      let found = try open(settings)
      var findings = [Finding.fine("permission", "frames may be captured (CAP_NET_RAW)")]
      findings.append(memory(found, settings))
      return (findings, found.engine == "ring" ? found.hasOffloadHeader : nil)
    } catch {
      return ([finding(error)], nil)
    }
  }

  private static func open(_ settings: Settings) throws(CaptureError) -> CaptureRehearsal {
    let plan = settings.plan(collectors: [], sourcePorts: [])
    if settings.capture == .libpcap { return try .libpcap(plan) }
    do throws(CaptureError) {
      return try .ring(plan, workers: settings.workerCount)
    } catch .unsupported where settings.capture == .auto && settings.workerCount == 1 {
      return try .libpcap(plan)
    }
  }

  private static func memory(_ found: CaptureRehearsal, _ settings: Settings) -> Finding {
    guard found.engine == "ring" else { return .fine("capture", "libpcap opens its buffers of \(text(settings))") }
    let each = settings.workerCount > 1 ? " for each of \(settings.workerCount) workers" : ""
    guard found.ringByteCount >= settings.bufferByteCount else {
      return .cause(
        .ringMemory, "capture", "memory for only \(found.ringByteCount) of \(text(settings)) of ring\(each)")
    }
    let why = found.singleRingReason.map { ", as one ring instead of two: \($0)" } ?? ""
    return .fine("capture", "the ring of \(text(settings)) opens\(each)\(why)")
  }

  private static func text(_ settings: Settings) -> String { "\(settings.bufferByteCount >> 10) KiB" }

  /// What a capture that does not open means.
  static func finding(_ error: CaptureError) -> Finding {
    switch error {
    case .notPermitted: .cause(.noPermission, "permission", "frames may not be captured: CAP_NET_RAW is missing")
    case .noSuchInterface: .cause(.noSuchInterface, "capture", "\(error)")
    case .interfaceDown: .cause(.interfaceDown, "capture", "\(error)")
    case .unsupportedLinkType: .cause(.linkType, "capture", "\(error)")
    case .filter, .exclusion: .cause(.filterSyntax, "capture", "\(error)")
    case .unsupported, .failed: .cause(.noCapture, "capture", "\(error)")
    }
  }
}
