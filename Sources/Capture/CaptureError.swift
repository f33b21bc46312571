import Glibc
public import System

/// Why frames cannot be captured.
public enum CaptureError: Error, Equatable, Sendable {
  /// The process may not open packet sockets: CAP_NET_RAW is missing.
  case notPermitted
  /// No interface has this name; `existing` are the names there are.
  case noSuchInterface(name: String, existing: [String])
  /// The interface is there but down, or went down.
  case interfaceDown(name: String)
  /// The interface's link type cannot be turned into Ethernet; `linkType` is its name.
  case unsupportedLinkType(interface: String, linkType: String)
  /// The expression does not compile; `message` is libpcap's.
  case filter(expression: String, message: String)
  /// The expression of what is never taken does not compile; `message` is libpcap's.
  case exclusion(expression: String, message: String)
  /// The system has no such capture, and will not have it: an old kernel or a sandbox.
  case unsupported(operation: String, reason: String)
  /// A system or libpcap call failed.
  case failed(operation: String, reason: String)
}

extension CaptureError {
  /// The failure of a system call.
  public static func failed(_ error: SystemError) -> CaptureError {
    .failed(operation: error.operation, reason: error.reason)
  }

  /// The failure of a system call that may be for want of a permission.
  static func system(_ error: SystemError) -> CaptureError {
    error.code == EPERM || error.code == EACCES ? .notPermitted : .failed(error)
  }

  /// What `body` returns; what it throws becomes an error by `failure`.
  static func from<Result>(
    _ failure: (SystemError) -> CaptureError, _ body: () throws(SystemError) -> Result
  ) throws(CaptureError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw failure(error)
    }
  }
}

extension CaptureError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .notPermitted:
      return "no permission to capture: CAP_NET_RAW is missing"
    case .noSuchInterface(let name, let existing):
      return "no interface \(name); there are: \(existing.joined(separator: ", "))"
    case .interfaceDown(let name):
      return "interface \(name) is down"
    case .unsupportedLinkType(let interface, let linkType):
      return "interface \(interface) has link type \(linkType), which cannot be sent as Ethernet"
    case .filter(let expression, let message), .exclusion(let expression, let message):
      return "\(message) in \"\(expression)\""
    case .unsupported(let operation, let reason), .failed(let operation, let reason):
      return "\(operation): \(reason)"
    }
  }
}
