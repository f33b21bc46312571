import Wire

/// Which collector each flow goes to under `balance`.
///
/// Flows are first spread over buckets by their shared hash, so that every forwarder ranks alike. A bucket gets a path
/// when it is first used: the one it ranks highest (rendezvous hashing, Thaler and Ravishankar 1998) that does not carry
/// more than its share of buckets yet (bounded loads, Mirrokni, Thorup and Zadimoghaddam 2016), and keeps it. So a path
/// that goes away moves only its own flows, one that comes takes only flows that rank it highest, and a thousand flows
/// are shared out as evenly as a million.
@safe
public final class FlowBalancer {
  static let bucketCount = 1 << 16
  private static let unassigned: UInt8 = 255
  /// Buckets above the even share that a path may carry: more would follow the ranking closer, fewer share more evenly.
  private static let slack = 2

  private let table: UnsafeMutablePointer<UInt8>
  private let counts: UnsafeMutablePointer<Int>
  private var assigned = 0
  private var collectors: CollectorSet

  /// A balancer among `collectors`, with no bucket assigned.
  public init(_ collectors: CollectorSet) {
    self.collectors = collectors
    unsafe table = .allocate(capacity: Self.bucketCount)
    unsafe table.initialize(repeating: Self.unassigned, count: Self.bucketCount)
    unsafe counts = .allocate(capacity: CollectorSet.maximumCount)
    unsafe counts.initialize(repeating: 0, count: CollectorSet.maximumCount)
  }

  deinit {
    unsafe table.deallocate()
    unsafe counts.deallocate()
  }

  /// The index of the path of the flow with this shared hash. The set must not be empty.
  @inline(__always)
  func path(of flow: FlowHash) -> Int {
    let bucket = Int(flow.value >> 48)
    let path = unsafe table[bucket]
    return path == Self.unassigned ? assign(bucket) : Int(path)
  }

  /// Shares flows among other collectors from now on.
  public func change(to next: CollectorSet) {
    let before = collectors.paths.map(\.address)
    let after = next.paths.map(\.address)
    let moved = before.map { address in after.firstIndex(of: address) }
    let added = Set(after.indices.filter { !before.contains(after[$0]) })
    collectors = next
    unsafe counts.update(repeating: 0, count: CollectorSet.maximumCount)
    assigned = 0
    for bucket in 0..<Self.bucketCount {
      let old = unsafe table[bucket]
      guard old != Self.unassigned else { continue }
      var path = moved[Int(old)]
      if !added.isEmpty {
        let favourite = ranked(bucket) { _ in true }
        if added.contains(favourite) { path = favourite }
      }
      unsafe table[bucket] = Self.unassigned
      if let path { occupy(bucket, path) }
    }
  }

  private func assign(_ bucket: Int) -> Int {
    let share = assigned / collectors.paths.count + Self.slack
    let path = ranked(bucket) { unsafe counts[$0] < share }
    occupy(bucket, path)
    return path
  }

  private func occupy(_ bucket: Int, _ path: Int) {
    unsafe table[bucket] = UInt8(path)
    unsafe counts[path] += 1
    assigned += 1
  }

  /// The allowed path that the bucket ranks highest. There is always one below its share.
  private func ranked(_ bucket: Int, where isAllowed: (Int) -> Bool) -> Int {
    var best = 0
    var highest: UInt64 = 0
    let key = FlowHash.mix(UInt64(bucket))
    for index in collectors.paths.indices where isAllowed(index) {
      let score = FlowHash.mix(key ^ collectors.paths[index].identity)
      if score >= highest {
        highest = score
        best = index
      }
    }
    return best
  }
}
