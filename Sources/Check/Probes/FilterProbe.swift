import Capture
import Forwarder
import System
import Transport

/// Whether the filter compiles, how long it is, and whether it can match anything.
enum FilterProbe {
  /// What is to be said of BPF_FILTER, where frames are taken from `interfaces`.
  static func run(_ settings: Settings, interfaces: [NetworkInterface]) -> [Finding] {
    let name = settings.filter.isEmpty ? "everything" : "\"\(settings.filter)\""
    do throws(CaptureError) {
      // Port ranges as a forwarder has them; which ones makes no difference to the length.
      let plan = settings.plan(collectors: [], sourcePorts: [SourcePorts.dynamicRange])
      let review = try FilterReview.of(
        plan, in: place(settings, interfaces), isRaw: !interfaces.isEmpty && !interfaces.contains(where: \.isEthernet))
      if case .nothing(let reason) = review.outlook {
        return [.cause(.filterMatchesNothing, "filter", "\(name) matches nothing here: \(reason)")]
      }
      let sizes =
        "\(review.expressionCount) instructions, \(review.wholeCount) with what is never mirrored, of "
        + "\(FilterReview.maximumCount)"
      return [.fine("filter", "\(name) compiles to \(sizes)")]
    } catch {
      return [finding(error, name)]
    }
  }

  private static func finding(_ error: CaptureError, _ name: String) -> Finding {
    switch error {
    case .filter(_, let message) where message.contains("rejects all packets"):
      return .cause(
        .filterMatchesNothing, "filter", "\(name) matches nothing: no packet can be all of this (\(message))")
    case .filter(_, let message):
      return .cause(.filterSyntax, "filter", "\(name) does not compile: \(message)")
    case .notPermitted:
      return .note("filter", "\(name) can be judged on a live capture only, which there is no permission for")
    default:
      return .cause(.noCapture, "filter", "\(name): \(error)")
    }
  }

  private static func place(_ settings: Settings, _ interfaces: [NetworkInterface]) -> FilterReview.Place {
    let addresses = try? LocalAddresses.all()
    // What is captured on by name takes what is for others too, and so does what is part of a bridge.
    let isOpen = settings.interfaces != .any || interfaces.contains { $0.master != 0 } || LocalAddresses.areForwarding
    return FilterReview.Place(
      addresses: addresses ?? [], seesOthers: isOpen || addresses == nil,
      isLoopback: !interfaces.isEmpty
        && interfaces.allSatisfy { $0.hardwareType == NetworkInterface.loopbackType })
  }
}
