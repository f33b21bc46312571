@unsafe @preconcurrency import Glibc

/// The variables that this process was given.
enum ProcessEnvironment {
  /// All of them, by name. Call it before there are other threads: nothing here changes a variable, but a library might.
  static var variables: [String: String] {
    var found: [String: String] = [:]
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      let text = unsafe String(cString: entry)
      // As getenv(3) has it, the first of a name counts.
      if let sign = text.firstIndex(of: "="), found[String(text[..<sign])] == nil {
        found[String(text[..<sign])] = String(text[text.index(after: sign)...])
      }
      unsafe next += 1
    }
    return found
  }
}
