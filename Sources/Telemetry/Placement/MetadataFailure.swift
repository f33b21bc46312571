package import System

/// Why one of the cloud's metadata endpoints gave no answer, or none that is one.
package enum MetadataFailure: Error, Equatable, CustomStringConvertible {
  case system(SystemError)
  case silent
  case tooLong
  /// What the first line says.
  case refused(String)
  case notUnderstood

  /// For people.
  package var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .silent: "no answer in time"
    case .tooLong: "the answer is longer than \(MetadataRequest.maximumByteCount) bytes"
    case .refused(let line): "the answer is \(line)"
    case .notUnderstood: "the answer is not what was asked for"
    }
  }
}
