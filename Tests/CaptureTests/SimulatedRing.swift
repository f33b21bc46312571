import CLinux
import Wire

@testable import Capture

/// A TPACKET_V3 ring in memory that is filled as the kernel fills one (net/packet/af_packet.c): slots are opened in
/// order and completed when their core gets to it, blocks end when they are full or by a timer, and a block that is
/// still in use stops it.
final class SimulatedRing {
  /// What a core is about to complete.
  struct Slot {
    let start: UnsafeMutableRawPointer
    let frame: SimulatedFrame
  }

  let memory: UnsafeMutableRawPointer
  let blockByteCount: Int
  let blockCount: Int
  /// Noted by the kernel until somebody polls the socket.
  var isUnderPressure = false
  private(set) var dropped = 0
  /// Slots that are open, by the core that fills them.
  private(set) var open: [Int: Slot] = [:]
  private var active = 0
  private var isFrozen = false
  private var nextOffset = 0
  private var lastSlot: UnsafeMutableRawPointer?
  private let clock: SimulatedClock

  init(blockByteCount: Int, blockCount: Int, clock: SimulatedClock) {
    self.blockByteCount = blockByteCount
    self.blockCount = blockCount
    self.clock = clock
    memory = .allocate(byteCount: blockByteCount * blockCount, alignment: 4_096)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: blockByteCount * blockCount)
    openBlock()
  }

  deinit { memory.deallocate() }

  /// The ring as the program sees it.
  var blocks: BlockRing {
    BlockRing(memory, blockByteCount: blockByteCount, blockCount: blockCount, hasOffloadHeader: false)
  }

  /// Whether every block is the kernel's and not marked.
  var isGivenBack: Bool { (0..<blockCount).allSatisfy { status($0) == 0 } }

  /// packet_rcv_has_room: the block a quarter ahead is free. Notes the pressure.
  func hasRoom() -> Bool {
    let has = isRoomy
    isUnderPressure = !has
    return has
  }

  /// packet_poll.
  func poll() {
    if isRoomy { isUnderPressure = false }
  }

  private var isRoomy: Bool { status((active + blockCount >> 2) % blockCount) == 0 }

  /// Opens a slot for a core's frame; drops it if there is no room.
  func begin(_ frame: SimulatedFrame, core: Int) {
    let size = (Self.macOffset + SimulatedFrame.byteCount + 7) & ~7
    if isFrozen {
      guard status(active) & UInt32(TP_STATUS_USER) == 0 else { return drop() }
      openBlock()
    }
    if nextOffset + size >= blockByteCount {
      retire()
      guard dispatch() else { return drop() }
    }
    let start = block(active) + nextOffset
    start.storeBytes(of: UInt32(size), toByteOffset: 0, as: UInt32.self)  // tp_next_offset
    start.storeBytes(of: 0, toByteOffset: 20, as: UInt32.self)  // tp_status
    lastSlot = start
    nextOffset += size
    frameCount += 1
    open[core] = Slot(start: start, frame: frame)
  }

  /// Completes a core's slot, stamped now or when it arrived. A frame that cannot be described leaves its slot as it is.
  func finish(core: Int) {
    guard let slot = open.removeValue(forKey: core) else { return }
    guard slot.frame.isDescribed else { return drop() }
    let stamp = slot.frame.arrival ?? clock.next()
    var header = slot.start.load(as: tpacket3_hdr.self)
    header.tp_sec = UInt32(stamp / 1_000_000_000)
    header.tp_nsec = UInt32(stamp % 1_000_000_000)
    header.tp_snaplen = UInt32(SimulatedFrame.byteCount)
    header.tp_len = UInt32(SimulatedFrame.byteCount)
    header.tp_status = UInt32(TP_STATUS_USER)
    header.tp_mac = UInt16(Self.macOffset)
    header.tp_net = UInt16(Self.macOffset + 14)
    slot.start.storeBytes(of: header, as: tpacket3_hdr.self)
    var address = sockaddr_ll()
    address.sll_hatype = 1
    (slot.start + 48).storeBytes(of: address, as: sockaddr_ll.self)
    slot.frame.write(to: slot.start + Self.macOffset)
  }

  /// The block's timer: ends a block that holds frames.
  func expire() {
    if isFrozen {
      if status(active) & UInt32(TP_STATUS_USER) == 0 { openBlock() }
    } else if frameCount > 0 {
      retire()
      _ = dispatch()
    }
  }

  private static let macOffset = 98

  private func drop() { dropped += 1 }

  private func retire() {
    guard status(active) == 0 else { return }
    for core in open.keys.sorted() { finish(core: core) }
    lastSlot?.storeBytes(of: 0, toByteOffset: 0, as: UInt32.self)
    block(active).storeBytes(of: UInt32(TP_STATUS_USER), toByteOffset: 8, as: UInt32.self)
    active = (active + 1) % blockCount
  }

  private func dispatch() -> Bool {
    guard status(active) & UInt32(TP_STATUS_USER) == 0 else {
      isFrozen = true
      return false
    }
    openBlock()
    return true
  }

  private func openBlock() {
    let now = clock.next()
    var description = block(active).load(as: tpacket_block_desc.self)
    description.hdr.bh1.num_pkts = 0
    description.hdr.bh1.offset_to_first_pkt = 48
    description.hdr.bh1.ts_first_pkt.ts_sec = UInt32(now / 1_000_000_000)
    description.hdr.bh1.ts_first_pkt.ts_nsec = UInt32(now % 1_000_000_000)
    block(active).storeBytes(of: description, as: tpacket_block_desc.self)
    isFrozen = false
    nextOffset = 48
    lastSlot = nil
  }

  private func block(_ index: Int) -> UnsafeMutableRawPointer { memory + index * blockByteCount }

  private func status(_ index: Int) -> UInt32 { block(index).load(fromByteOffset: 8, as: UInt32.self) }

  private var frameCount: UInt32 {
    get { block(active).load(fromByteOffset: 12, as: UInt32.self) }
    set { block(active).storeBytes(of: newValue, toByteOffset: 12, as: UInt32.self) }
  }
}

/// A frame that tells its flow and its number.
struct SimulatedFrame: Equatable {
  static let byteCount = 60
  var flow: Int
  var number: Int
  /// When it was stamped, if that was on arrival.
  var arrival: Int64?
  /// Whether the kernel can describe it in the offload header.
  var isDescribed = true

  func write(to memory: UnsafeMutableRawPointer) {
    for offset in 0..<Self.byteCount { memory.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self) }
    memory.storeBytes(of: UInt32(flow), toByteOffset: 16, as: UInt32.self)
    memory.storeBytes(of: UInt32(number), toByteOffset: 20, as: UInt32.self)
  }

  init(flow: Int, number: Int, arrival: Int64? = nil, isDescribed: Bool = true) {
    (self.flow, self.number, self.arrival, self.isDescribed) = (flow, number, arrival, isDescribed)
  }

  /// The frame as it was captured.
  init(_ captured: CapturedFrame) {
    flow = captured.bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 16, as: UInt32.self)) }
    number = captured.bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 20, as: UInt32.self)) }
  }
}

/// A clock that never stands still.
final class SimulatedClock {
  private var now: Int64 = 1_700_000_000_000_000_000

  func next() -> Int64 {
    now += 1_000
    return now
  }
}
