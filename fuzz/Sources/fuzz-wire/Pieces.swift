import FuzzSupport

/// A packet that was cut off another: its header, made anew, and its payload, which stays where it is.
struct Piece {
  let header: UnsafeRawBufferPointer
  let payload: UnsafeRawBufferPointer

  var count: Int { header.count + payload.count }

  /// The sum of header and payload from `start` on, which is within the header.
  func sum(from start: Int, pseudoHeader: UInt32 = 0) -> UInt32 {
    payload.onesComplementSum(from: header.part(start..<header.count).onesComplementSum(from: pseudoHeader))
  }
}

/// The pieces that are looked at: what may differ from one to the next shows in the first, the second and the last.
func looked(of count: Int, _ body: (Int) -> Void) {
  body(0)
  if count > 1 { body(1) }
  if count > 4 { body(count / 2) }
  if count > 3 { body(count - 2) }
  if count > 2 { body(count - 1) }
}

/// Nothing is lost between the pieces, and none is empty: `share` bytes each, and the rest in the last.
func checkShares(count: Int, share: Int, payload: Int, _ payloadCount: (Int) -> Int) {
  require(count >= 1 && share > 0, "plan")
  require((count - 1) * share < payload && count * share >= payload, "number of pieces")
  looked(of: count) { index in
    require(payloadCount(index) == (index < count - 1 ? share : payload - (count - 1) * share), "payload of a piece")
  }
}
