internal import Glibc
internal import System

/// A system call that failed on the receiving side: which one, and its errno.
public struct ReceiverError: Error, Equatable, Sendable {
  /// What was attempted.
  public enum Operation: String, Sendable {
    case resolve, socket, bind, setsockopt, recvmmsg, poll, eventfd, open, openTap, write
    case createThread = "pthread_create"
  }

  /// What was attempted.
  public let operation: Operation
  /// The errno it left, or for `.resolve` the EAI_* code of getaddrinfo(3).
  public let code: CInt

  /// An error of `operation` with the given code.
  public init(_ operation: Operation, code: CInt) {
    self.operation = operation
    self.code = code
  }

  /// The C library's text for the code, e.g. "Address already in use".
  public var reason: String {
    operation == .resolve
      ? NameLookup.Failure(code: code).reason : SystemError(operation: operation.rawValue, code: code).reason
  }
}

extension ReceiverError: CustomStringConvertible {
  /// One line: the operation and the reason.
  public var description: String { "\(operation.rawValue): \(reason)" }
}

extension ReceiverError {
  /// Whoever read what is written went away.
  static let readerGone = ReceiverError(.write, code: EPIPE)

  /// What `body` returns; what it throws is a failure of `operation`.
  static func from<Result>(
    _ operation: Operation, _ body: () throws(SystemError) -> Result
  ) throws(ReceiverError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw ReceiverError(operation, code: error.code)
    }
  }
}
