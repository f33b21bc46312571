public import Wire

/// What is captured: interfaces and filter, the same for both engines.
public struct CapturePlan: Equatable, Sendable {
  /// The interfaces that frames are taken from.
  public enum Interfaces: Equatable, Sendable {
    /// All there are, those included that come later.
    case any
    /// These, each captured promiscuously.
    case named([String])
  }

  /// Where frames are taken from.
  public var interfaces: Interfaces
  /// The user's pcap-filter(7) expression; empty takes every frame.
  public var filter: String
  /// What is never taken.
  public var exclusions: Exclusions
  /// Which flows are taken of those that the filter takes.
  public var share = FlowShare.all
  /// Bytes kept of each frame; nil keeps all.
  public var snapLength: Int?
  /// Bytes of kernel buffer.
  public var bufferByteCount: Int

  /// A plan with nothing excluded.
  public init(interfaces: Interfaces, filter: String, exclusions: Exclusions, snapLength: Int?, bufferByteCount: Int) {
    self.interfaces = interfaces
    self.filter = filter
    self.exclusions = exclusions
    self.snapLength = snapLength
    self.bufferByteCount = bufferByteCount
  }

  /// Compiles both expressions, each by itself, for Ethernet.
  ///
  /// - Throws: `CaptureError.filter` or `.exclusion` with libpcap's message; `.notPermitted` if only a live capture could
  ///   tell.
  public func validateFilter() throws(CaptureError) {
    try validate(filter)
    do throws(CaptureError) {
      try validate(exclusions.expression)
    } catch {
      guard case .filter(let expression, let message) = error else { throw error }
      throw .exclusion(expression: expression, message: message)
    }
  }

  private func validate(_ expression: String) throws(CaptureError) {
    // Linux keeps VLAN tag, direction and interface beside the packet; only a live handle compiles expressions about
    // them.
    do {
      _ = try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(expression)
    } catch {
      guard case .filter = error, FilterCompiler.needsLiveHandle(expression),
        let live = try FilterCompiler.liveHandle(for: interfaces)
      else { throw error }
      _ = try live.compile(expression)
    }
  }

  /// Instructions of the program that the kernel runs on frames with an Ethernet header, where one interface or all are
  /// captured on.
  ///
  /// - Throws: as the engines do where they compile it.
  package func instructionCount() throws(CaptureError) -> Int {
    try FilterCompiler.compile(self).forPacketSocket(interfaces: []).instructions.count
  }
}

/// Something that happened to an interface, for the log.
public enum InterfaceEvent: Equatable, Sendable {
  /// Frames are being captured on it.
  case capturing(name: String, linkType: String)
  /// It cannot be captured on now; the capture goes on when it can.
  case lost(name: String, reason: String)
  /// It is captured on again after so many milliseconds.
  case returned(name: String, milliseconds: Int64)
  /// It has another name now and is captured on all the same.
  case renamed(name: String, to: String)
  /// It is left out of `any`: its link layer cannot be sent as Ethernet, or the filter makes no sense on it.
  case skipped(name: String, reason: String)
}

/// A way to capture frames. Every call is made on the thread that captures.
public protocol CaptureEngine: AnyObject {
  /// The engine's name in statistics.
  var name: String { get }
  /// Frames that passed the filter since the capture was opened and that nobody got: for want of buffer space, because
  /// the kernel could not describe them, or because the capture ended.
  var kernelDropped: UInt64 { get }
  /// Frames for which the ring that is to be used had no room, and that came by its reserve: the forwarder was late, and
  /// nothing is lost.
  var reserveFrames: UInt64 { get }
  /// How full the capture's rings are; nil if it has none of ours.
  var rings: RingUse.Pair? { get }
  /// Milliseconds, summed over the interfaces that are captured on by name, from the loss of one (down, deleted) until
  /// it is captured on again, or until now.
  var blindMilliseconds: UInt64 { get }

  /// Waits until frames are there, `wakeDescriptor` is readable, an interface has changed or the time is up, and hands
  /// over what is there, some thousands of frames at most, so that the caller gets to do other things.
  ///
  /// - Throws: `CaptureError` when the capture is gone and must be opened again. An interface that went down or away is
  ///   no such reason.
  func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError)

  /// Replaces the filter by that of `plan`; frames on their way are not lost, and may still be such as only the filter
  /// before would have taken.
  ///
  /// - Throws: `CaptureError` when the filter of `plan` is not in force: nothing may be sent to a collector that the
  ///   plan before did not exclude. Where the filter could not be attached, nothing is captured from now on; the
  ///   capture goes on as soon as a later call returns.
  func apply(_ plan: CapturePlan) throws(CaptureError)

  /// How many flows the filter keeps out, of those that `withhold` was given last, from the first one on. A filter that
  /// is replaced for another reason keeps them out as well, if there is room.
  var withheldFlowCount: Int { get }

  /// Keeps these flows out of the capture, and no others; as many as there is room for, from the first one on. Where the
  /// filter cannot be replaced, the one that is there stays.
  func withhold(_ flows: [WithheldFlow])

  /// Lets no more frames in, hands over those that are there until `deadline` (milliseconds of `MonotonicClock`), and
  /// ends the capture. What could not be handed over by then is in `kernelDropped` afterwards.
  func finish(into consumer: any FrameConsumer, by deadline: Int64)
}

extension CaptureEngine {
  /// None.
  public var reserveFrames: UInt64 { 0 }
  /// None.
  public var rings: RingUse.Pair? { nil }
  /// None.
  public var withheldFlowCount: Int { 0 }
  /// There is no room for any.
  public func withhold(_ flows: [WithheldFlow]) {}
}
