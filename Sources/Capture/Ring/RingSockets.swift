import CLinux
import Glibc
import System

/// The sockets that a capture reads: one ring, or a small hot one and a large reserve in a fan-out group of their own,
/// in which the kernel fills one as long as it has room and then goes on to the next (PACKET_FANOUT_ROLLOVER).
///
/// What an application pays for capture is above all the copy into the ring, on its own core. In a ring smaller than
/// the core's cache, that copy, and the reading of it, stay there.
struct RingSockets: ~Copyable {
  /// The hot ring, or the only one.
  private let first: PacketSocket
  /// nil if there is one ring.
  private let second: PacketSocket?
  /// Of the hot ring, or the only one, and of the reserve.
  let descriptors: [CInt]
  /// Bytes of all rings.
  let byteCount: Int
  /// Whether the kernel describes what offload has left open.
  let hasOffloadHeader: Bool
  /// Why there is one ring where two were to be; nil else.
  private(set) var singleReason: String?
  /// Frames that the kernel has put into the rings, and those for which there was no room, so far.
  private(set) var statistics: (queued: UInt64, dropped: UInt64) = (0, 0)

  private init(
    _ first: consuming PacketSocket, reserve: consuming PacketSocket?, _ descriptors: [CInt], _ byteCount: Int
  ) {
    hasOffloadHeader = first.hasOffloadHeader
    self.first = first
    self.second = reserve
    self.descriptors = descriptors
    self.byteCount = byteCount
  }

  /// Two rings where that can be had, else one, bound to an interface that is up (0: to all), with a filter that takes
  /// no frame.
  ///
  /// - Parameter isShared: whether the rings of several engines share the traffic by flow: each has one then.
  static func open(_ byteCount: Int, interfaceIndex: Int32, isShared: Bool) throws(CaptureError) -> RingSockets {
    var reason: String?
    if !isShared, byteCount >= RingTuning.smallestPair {
      do throws(CaptureError) {
        let sockets = try pair(byteCount)
        try sockets.begin(interfaceIndex: interfaceIndex)
        return sockets
      } catch {
        // Without rings, or the right to them, there is not one either.
        reason = error.description
      }
    }
    var sockets = try single(byteCount)
    sockets.singleReason = reason
    try sockets.begin(interfaceIndex: interfaceIndex)
    return sockets
  }

  /// Two rings of `byteCount` together, bound to nothing yet, with a filter that takes no frame.
  static func pair(_ byteCount: Int) throws(CaptureError) -> RingSockets {
    let geometry = RingTuning.hot
    // The reserve is opened, and joins, first: to number 0 goes what finds room nowhere by the kernel's rule for
    // groups, and number 0 takes frames until it is full. When the interface comes back the kernel counts by age.
    let reserve = try PacketSocket(
      geometry: RingTuning.reserve(byteCount - geometry.byteCount), wantsOffloadHeader: wantsOffloadHeader)
    let hot = try PacketSocket(geometry: geometry, wantsOffloadHeader: wantsOffloadHeader)
    let descriptors = [hot.descriptor, reserve.descriptor]
    let count = hot.geometry.byteCount + reserve.geometry.byteCount
    let sockets = RingSockets(hot, reserve: reserve, descriptors, count)
    try sockets.attach(.rejectAll)
    return sockets
  }

  private static func single(_ byteCount: Int) throws(CaptureError) -> RingSockets {
    let socket = try PacketSocket(geometry: RingTuning.single(byteCount), wantsOffloadHeader: wantsOffloadHeader)
    let (descriptor, count) = (socket.descriptor, socket.geometry.byteCount)
    let sockets = RingSockets(socket, reserve: nil, [descriptor], count)
    try sockets.attach(.rejectAll)
    return sockets
  }

  /// Before 6.2 the kernel drops a UDP super-datagram that it would have to describe in the offload header.
  private static var wantsOffloadHeader: Bool { KernelVersion.running.map { $0 >= KernelVersion(6, 2) } ?? false }

  /// Starts to capture on an interface (0: on all), with a filter that takes no frame. Two rings can do so once: members
  /// of a fan-out group cannot be bound again.
  ///
  /// - Throws: also where the kernel has no such groups, or not for this interface.
  func begin(interfaceIndex: Int32) throws(CaptureError) {
    try attach(.rejectAll)
    for descriptor in descriptors { try PacketSocket.bind(descriptor, interfaceIndex: interfaceIndex) }
    if isPair { try FanoutGroup.rollOver(among: descriptors.reversed()) }
  }

  /// Whether there are two rings.
  var isPair: Bool { descriptors.count > 1 }
  /// The socket of the hot ring, or of the only one.
  var hot: CInt { descriptors[0] }
  /// The socket of the reserve; -1 if there is none.
  var reserve: CInt { isPair ? descriptors[1] : -1 }

  /// A reader of the rings' memory.
  ///
  /// - Safety: it must not be used when this value is gone, and there must be one only.
  @unsafe func reader() -> RingReader {
    let hot = unsafe first.blocks()
    let behind: BlockRing
    switch second {
    case .some(let socket): behind = unsafe socket.blocks()
    case .none: behind = .none
    }
    return RingReader(hot: hot, reserve: behind)
  }

  func attach(_ program: BPFProgram) throws(CaptureError) {
    for descriptor in descriptors { try program.attach(to: descriptor) }
  }

  /// Puts the program in force on all sockets, and fails closed.
  func replace(by program: BPFProgram) throws(CaptureError) {
    do throws(CaptureError) {
      for descriptor in descriptors { try program.replace(on: descriptor) }
    } catch {
      try? attach(.rejectAll)
      throw error
    }
  }

  /// Lets no more frames in.
  func close() {
    for descriptor in descriptors where (try? BPFProgram.rejectAll.attach(to: descriptor)) == nil {
      PacketSocket.bindToNothing(descriptor)
    }
  }

  /// Brings `statistics` up to date.
  mutating func readStatistics() {
    for descriptor in descriptors {
      let now = PacketSocket.takeStatistics(descriptor)
      statistics.queued &+= now.queued
      statistics.dropped &+= now.dropped
    }
  }

  /// Whether an interface went down, as far as the sockets have been told since the last call.
  func takeInterfaceDown() -> Bool {
    var isDown = false
    for descriptor in descriptors where PacketSocket.takeError(descriptor) == ENETDOWN { isDown = true }
    return isDown
  }
}
