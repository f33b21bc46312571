package import Capture
import Synchronization

// What the flow rules share with the capture's filter, on the thread that captures, and with whoever knows the host.
extension Pipeline {
  /// Flows that the capture's filter is to keep out from now on, heaviest first; nil if nothing is to change. To be asked
  /// once a second at most; what has become of it is told by `withholding`.
  package func chooseWithheld() -> [WithheldFlow]? {
    selector.flows.rules.isOn ? selector.flows.chooseHeavy() : nil
  }

  /// Whether a flow has become heavy since `chooseWithheld` was asked last.
  package var hasNewHeavyFlow: Bool { selector.flows.hasNewHeavy }

  /// The capture's filter keeps the first `count` of the flows out that were chosen last, since `time` (nanoseconds since
  /// 1970).
  package func withholding(_ count: Int, since time: Int64) {
    selector.flows.applyHeavy(count, since: time)
    withheldConnections.store(selector.flows.heavy.count, ordering: .relaxed)
  }

  /// How many flows of the list the filter is thought to keep out.
  package var withheldFlowCount: Int { selector.flows.heavy.flowCount }

  /// Tells who this host is. From any thread.
  package func setHost(_ host: HostIdentity) {
    newHost.withLock { $0 = host }
    hasNewHost.store(true, ordering: .releasing)
  }

  /// Takes a new host, if there is one.
  func takeHost() {
    guard hasNewHost.load(ordering: .relaxed), hasNewHost.exchange(false, ordering: .acquiring) else { return }
    selector.flows.host = newHost.withLock { $0 }
  }

  /// Adds what the flow rules have counted by themselves to the counters.
  func countFlows() {
    guard selector.flows.rules.isOn else { return }
    encapsulator.counters.evictedFlows = selector.flows.table.evicted &- flowsBefore.evicted
    encapsulator.counters.kernelWithheldBytes = selector.flows.kernelWithheldBytes &- flowsBefore.withheldBytes
  }
}
