import Glibc

/// Why a socket to a collector cannot be made.
public struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system call.
  public let operation: String
  /// errno.
  public let code: CInt

  /// The failure of the system call just made.
  static func last(_ operation: String) -> TransportError { TransportError(operation: operation, code: errno) }

  /// One line for people.
  public var description: String { unsafe "\(operation): \(String(cString: strerror(code)))" }
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
