import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system call.
  public let operation: String
  /// errno.
  public let code: CInt

  /// The failure of the system call just made.
  package static func last(_ operation: String) -> SystemError { SystemError(operation: operation, code: errno) }

  /// A failure of `operation` with errno `code`.
  public init(operation: String, code: CInt) {
    self.operation = operation
    self.code = code
  }

  /// The system's text for `code`.
  public var reason: String { unsafe String(cString: strerror(code)) }

  /// One line for people.
  public var description: String { "\(operation): \(reason)" }
}

/// Names of errno values, as counters and statistics show them.
public enum ErrnoName {
  /// The symbolic name of `code`, or `E` and the number.
  public static func of(_ code: CInt) -> String {
    switch code {
    case EPERM: "EPERM"
    case EINTR: "EINTR"
    case EIO: "EIO"
    case EAGAIN: "EAGAIN"
    case ENOMEM: "ENOMEM"
    case EACCES: "EACCES"
    case EINVAL: "EINVAL"
    case EPIPE: "EPIPE"
    case EMSGSIZE: "EMSGSIZE"
    case ENOPROTOOPT: "ENOPROTOOPT"
    case EADDRNOTAVAIL: "EADDRNOTAVAIL"
    case ENETDOWN: "ENETDOWN"
    case ENETUNREACH: "ENETUNREACH"
    case ENOBUFS: "ENOBUFS"
    case ETIMEDOUT: "ETIMEDOUT"
    case ECONNREFUSED: "ECONNREFUSED"
    case EHOSTDOWN: "EHOSTDOWN"
    case EHOSTUNREACH: "EHOSTUNREACH"
    default: "E\(code)"
    }
  }
}
