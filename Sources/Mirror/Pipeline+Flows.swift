package import Capture
import Synchronization

// What the flow rules share with the capture's filter, on the thread that captures, and with whoever knows the host.
extension Pipeline {
  /// Flows that the capture's filter is to keep out from now on, heaviest first; nil if nothing is to change. To be asked
  /// once a second at most; what has become of it is told by `withholding`.
  package func chooseWithheld() -> [WithheldFlow]? { selector.chooseHeavy() }

  /// The capture's filter keeps the first `count` of the flows out that were chosen last, since `time` (nanoseconds since
  /// 1970).
  package func withholding(_ count: Int, since time: Int64) {
    selector.applyHeavy(count, since: time)
    withheldConnections.store(selector.heavyCounts.connections, ordering: .relaxed)
  }

  /// How many flows of the list the filter is thought to keep out.
  package var withheldFlowCount: Int { selector.heavyCounts.flows }

  /// Tells who this host is. From any thread.
  package func setHost(_ host: HostIdentity) {
    newHost.withLock { $0 = host }
    hasNewHost.store(true, ordering: .releasing)
  }

  /// Takes a new host, if there is one.
  func takeHost() {
    guard hasNewHost.load(ordering: .relaxed), hasNewHost.exchange(false, ordering: .acquiring) else { return }
    selector.setHost(newHost.withLock { $0 })
  }

  /// Adds what the flow rules have counted by themselves to the counters.
  func countFlows() {
    let counts = selector.flowCounts
    encapsulator.counters.evictedFlows = counts.evicted &- flowsBefore.evicted
    encapsulator.counters.kernelWithheldBytes = counts.withheldBytes &- flowsBefore.withheldBytes
  }
}
