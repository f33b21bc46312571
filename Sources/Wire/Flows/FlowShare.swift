/// A share of all flows: those whose `ShareHash` is below a threshold. Of two shares one is part of the other, so that
/// what a smaller share has, a larger one keeps.
public struct FlowShare: BitwiseCopyable, Comparable, Sendable {
  /// Hashes below it are in the share: 0 (none) ... 2^32 (all).
  public let threshold: UInt64

  /// The share below a threshold; above 2^32 it is all.
  @inlinable public init(threshold: UInt64) { self.threshold = min(threshold, 1 << 32) }

  /// Every flow.
  @inlinable public static var all: FlowShare { FlowShare(threshold: 1 << 32) }

  /// One of `count` flows, 1 or more: the same ones on every forwarder, and for a multiple of `count` some of these.
  @inlinable public static func one(of count: UInt64) -> FlowShare { FlowShare(threshold: (1 << 32) / count) }

  /// Whether every flow is in it.
  @inlinable public var isAll: Bool { threshold == 1 << 32 }

  /// Whether the flow of this hash is in it. What has no hash is in every share.
  @inlinable public func contains(_ hash: UInt32) -> Bool { UInt64(hash) < threshold }

  /// 0 ... 1.
  @inlinable public var fraction: Double { Double(threshold) / 0x1p32 }

  /// The smaller one.
  @inlinable public static func < (one: FlowShare, other: FlowShare) -> Bool { one.threshold < other.threshold }
}
