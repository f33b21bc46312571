import Glibc

/// One system call that a confined program makes, and with which arguments.
package struct SyscallRule: Equatable, Sendable {
  /// When the call is made. The kernel takes all arguments named here as 32 bits, so the lower half of them counts.
  package enum Condition: Equatable, Sendable {
    /// Whatever the arguments are.
    case always
    /// The argument of this number, from 0 on, is one of these.
    case oneOf(argument: Int, [UInt32])
    /// It is none of these.
    case noneOf(argument: Int, [UInt32])
    /// Of the bits in `mask` it has exactly `bits`, or it is one of `others`.
    case bits(argument: Int, mask: UInt32, UInt32, others: [UInt32] = [])
    /// Never: the call returns this errno, and the library that makes it has another way.
    case refused(CInt)
  }

  /// The number of the call on this architecture.
  package let number: UInt32
  package let condition: Condition

  package init(_ number: CInt, _ condition: Condition = .always) {
    self.number = UInt32(number)
    self.condition = condition
  }
}
