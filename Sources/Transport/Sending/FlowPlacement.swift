/// Where the datagrams of one flow go: the paths to its collectors, and its lane (source port) on each.
public struct FlowPlacement: BitwiseCopyable, Sendable {
  private let firstPath: Int
  private let pathCount: Int
  let lane: Int
  /// Low bits of the flow's hash.
  let flow: UInt8

  init(paths: Range<Int>, lane: Int, flow: UInt8) {
    firstPath = paths.lowerBound
    pathCount = paths.count
    self.lane = lane
    self.flow = flow
  }

  /// Indices of the paths in the collector set.
  public var paths: Range<Int> { firstPath..<firstPath + pathCount }
}
