internal import Glibc

/// A system call that failed on the receiving side: which one, and its errno.
public struct ReceiverError: Error, Equatable, Sendable {
  /// What was attempted.
  public enum Operation: String, Sendable {
    case resolve, socket, bind, setsockopt, getsockname, recvmmsg, poll, eventfd, open, write
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
    // Both return a string that lives as long as the program, or in strerror's case until this thread's next call.
    operation == .resolve
      ? unsafe String(cString: gai_strerror(code))
      : unsafe String(cString: strerror(code))
  }
}

extension ReceiverError: CustomStringConvertible {
  /// One line: the operation and the reason.
  public var description: String { "\(operation.rawValue): \(reason)" }
}

extension ReceiverError {
  /// Whoever read what is written went away.
  static let readerGone = ReceiverError(.write, code: EPIPE)
}
