/// The order in which the datagrams of one lane are sent: batches of one size, as long as they can be made.
///
/// UDP_SEGMENT wants datagrams of one size, and at the end perhaps one that is shorter. Requests and responses
/// alternate in size, so in the order of arrival nearly every batch would end after one datagram. Here datagrams of
/// *different* flows may overtake each other, never two of one flow, and both directions of a connection are one
/// flow. Flows stand in classes by the size of their first datagram. The class whose flows have most left to send
/// goes first, which keeps the others waiting until more flows have come to the same size; the one shorter datagram
/// at the end is taken from the smallest class. Flows are told apart by 256 hash values: a collision only shortens
/// batches. All work is constant per datagram.
@safe
struct FlowSchedule: ~Copyable {
  private static let flowCount = 256
  /// Every flow may have a size of its own, and the class that a flow is just leaving stays until the flow has another.
  private static let classCapacity = flowCount + 1

  /// A flow's waiting datagrams, and its place in a class.
  private struct Flow: BitwiseCopyable {
    var first: Int32 = -1
    var last: Int32 = -1
    var count: Int32 = 0
    /// The flow behind it in its class; -1 at the end.
    var next: Int32 = -1
  }

  private let flows: UnsafeMutablePointer<Flow>
  private var classes = SizeClasses(capacity: FlowSchedule.classCapacity)

  init() {
    unsafe flows = .allocate(capacity: Self.flowCount)
    unsafe flows.initialize(repeating: Flow(), count: Self.flowCount)
  }

  deinit {
    unsafe flows.deallocate()
  }

  /// Whether nothing waits.
  var isEmpty: Bool { classes.count == 0 }

  #if DEBUG
    /// Classes looked at so far: tests hold the work to its bound.
    var looks: Int { classes.looks }
  #endif

  /// Takes up a list of datagrams, the first at `start`, in order. Nothing else may be waiting.
  mutating func load(_ start: Int32, of queue: inout DatagramQueue) {
    precondition(isEmpty)
    // Flows seen are chained until their first datagram's size puts them into a class.
    var seen: Int32 = -1
    var index = start
    while index >= 0 {
      let datagram = queue[index]
      let flow = Int(datagram.flow)
      let last = unsafe flows[flow].last
      if last < 0 {
        unsafe flows[flow].first = index
        unsafe flows[flow].next = seen
        seen = Int32(flow)
      } else {
        queue.link(last, to: index)
      }
      unsafe flows[flow].last = index
      unsafe flows[flow].count += 1
      let next = datagram.next
      queue.link(index, to: -1)
      index = next
    }
    while seen >= 0 {
      let next = unsafe flows[Int(seen)].next
      classify(seen, queue)
      seen = next
    }
  }

  /// Takes the next batch: at most `maximumCount` datagrams and `maximumByteCount` bytes in all.
  mutating func takeBatch(
    of queue: borrowing DatagramQueue, maximumCount: Int, maximumByteCount: Int, into batch: inout Batch
  ) {
    batch.removeAll()
    guard !isEmpty else { return }
    let best = classes.heaviest()
    let size = classes.size(best)
    batch.size = size
    let limit = max(1, min(maximumCount, Batch.capacity, maximumByteCount / max(size, 1)))
    // Flows that come to another size go to the class of that; new classes stand behind this one.
    while batch.count < limit {
      let flow = takeFlow(of: best)
      guard flow >= 0 else { break }
      repeat { batch.append(popFirst(flow, queue)) } while batch.count < limit && isNext(flow, size: size, queue)
      if unsafe flows[Int(flow)].count > 0 { classify(flow, queue) }
    }
    classes.removeIfEmpty(best)
    takeShorter(of: queue, maximumCount: maximumCount, maximumByteCount: maximumByteCount, into: &batch)
  }

  private mutating func takeShorter(
    of queue: borrowing DatagramQueue, maximumCount: Int, maximumByteCount: Int, into batch: inout Batch
  ) {
    guard batch.count < min(maximumCount, Batch.capacity) else { return }
    let room = min(batch.size - 1, maximumByteCount - batch.count * batch.size)
    guard let lightest = classes.lightest(upTo: room) else { return }
    let flow = takeFlow(of: lightest)
    batch.append(popFirst(flow, queue))
    if unsafe flows[Int(flow)].count > 0 { classify(flow, queue) }
    classes.removeIfEmpty(lightest)
  }

  /// Takes the first flow out of a class; -1 if it has none.
  private mutating func takeFlow(of index: Int) -> Int32 {
    let flow = classes.firstFlow(index)
    if flow >= 0 {
      unsafe classes.change(index, firstFlow: flows[Int(flow)].next, weightBy: -flows[Int(flow)].count)
    }
    return flow
  }

  private mutating func popFirst(_ flow: Int32, _ queue: borrowing DatagramQueue) -> Int32 {
    let index = unsafe flows[Int(flow)].first
    let next = queue[index].next
    unsafe flows[Int(flow)].first = next
    unsafe flows[Int(flow)].count -= 1
    if next < 0 { unsafe flows[Int(flow)].last = -1 }
    return index
  }

  private func isNext(_ flow: Int32, size: Int, _ queue: borrowing DatagramQueue) -> Bool {
    let index = unsafe flows[Int(flow)].first
    return index >= 0 && queue[index].byteCount == size
  }

  /// Puts a flow into the class of its first datagram's size.
  private mutating func classify(_ flow: Int32, _ queue: borrowing DatagramQueue) {
    let size = unsafe queue[flows[Int(flow)].first].byteCount
    let index = classes.index(ofSize: size)
    unsafe flows[Int(flow)].next = classes.firstFlow(index)
    unsafe classes.change(index, firstFlow: flow, weightBy: flows[Int(flow)].count)
  }
}
