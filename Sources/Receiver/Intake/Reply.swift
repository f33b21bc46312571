/// A datagram that goes back to where another came from.
struct Reply {
  let receiver: SenderAddress
  /// UDP port, host byte order.
  let port: UInt16
  let bytes: [UInt8]
}
