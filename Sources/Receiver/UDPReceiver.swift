public import System
internal import Wire

/// The owner of a listening UDP socket and of the memory its datagrams arrive in. Nothing is allocated after `init`.
///
/// A datagram is valid until the next `receive`.
public struct UDPReceiver: ~Copyable {
  /// The most datagrams that one `receive` takes.
  public static let batchCapacity = DatagramSlab.capacity
  /// Bytes of receive buffer asked for by default; the kernel may grant less (`net.core.rmem_max`).
  public static let defaultReceiveBuffer: CInt = 8 << 20

  let socket: ListeningSocket
  private let slab: DatagramSlab
  private var lastDropCount: UInt32 = 0
  /// Datagrams the kernel dropped because the receive buffer was full, as of the last `updateKernelDrops`.
  public private(set) var kernelDrops: UInt64 = 0

  /// Listens at once; datagrams queue up from here on.
  ///
  /// - Throws: `ReceiverError` of `.resolve`, `.socket`, `.setsockopt` or `.bind`.
  public init(
    listen address: ListenAddress, receiveBuffer: CInt = UDPReceiver.defaultReceiveBuffer
  ) throws(ReceiverError) {
    socket = try ListeningSocket(address: address, receiveBuffer: receiveBuffer)
    slab = DatagramSlab()
  }

  /// The UDP port listened on, host byte order.
  public var port: UInt16 { socket.port }

  /// Bytes of receive buffer that the kernel granted; it counts its own overhead in, so payload gets less.
  public var receiveBufferSize: Int { socket.receiveBufferSize }

  /// Takes the datagrams that have arrived, 0 ... `batchCapacity`, without waiting.
  ///
  /// - Throws: `ReceiverError` of `.recvmmsg`.
  public mutating func receive() throws(ReceiverError) -> Int {
    try slab.receive(from: socket.descriptor)
  }

  /// Waits until a datagram is there, `stop` happens, or `output` has lost its reader.
  ///
  /// - Parameters:
  ///   - stop: what ends the wait.
  ///   - output: a descriptor whose hang-up ends the wait: a pipe that frames are written to.
  /// - Throws: `ReceiverError` of `.poll`, or of `.write` with EPIPE if the reader is gone.
  public borrowing func wait(stop: Event, output: CInt? = nil) throws(ReceiverError) {
    try socket.wait(stop: stop, output: output)
  }

  /// The payload of the datagram at `index` of the last batch.
  @_lifetime(borrow self)
  public borrowing func datagram(at index: Int) -> RawSpan { slab.datagram(at: index) }

  /// Whether the datagram at `index` was longer than any UDP datagram should be and lost its end.
  public borrowing func isSnapped(at index: Int) -> Bool { slab.isSnapped(at: index) }

  /// When the kernel received the datagram at `index`: nanoseconds since 1970, UTC.
  public borrowing func timestamp(at index: Int) -> UInt64 { slab.timestamp(at: index) }

  /// Sends the answer to the probe at `index` of the last batch, if it gets one. One that cannot be sent now is lost.
  borrowing func answer(
    _ probe: (frame: ProbeFrame, vni: UInt32), at index: Int, vni: UInt32?, by responder: inout ProbeResponder
  ) {
    let byteCount = datagram(at: index).byteCount
    guard let sender = slab.sender(at: index),
      let answer = responder.answer(
        probe, byteCount: byteCount, to: sender, isTaken: vni == nil || vni == probe.vni)
    else { return }
    socket.send(answer, to: sender)
  }

  /// Reads the kernel's drop counter into `kernelDrops`. Its 32 bits may wrap between two calls, once.
  public mutating func updateKernelDrops() {
    guard let count = socket.dropCount else { return }
    kernelDrops += UInt64(count &- lastDropCount)
    lastDropCount = count
  }
}
