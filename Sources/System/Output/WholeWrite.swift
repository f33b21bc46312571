import Glibc

/// write(2) to the last byte.
package enum WholeWrite {
  /// Writes all of `bytes`, waiting for a slow reader.
  ///
  /// - Returns: how many were written, and the errno that kept the rest from being.
  package static func write(_ bytes: RawSpan, to descriptor: CInt) -> (byteCount: Int, code: CInt?) {
    unsafe bytes.withUnsafeBytes { raw in
      var done = 0
      while done < raw.count {
        do throws(SystemError) {
          let count = try Syscall.performNow("write") {
            unsafe Glibc.write(descriptor, raw.baseAddress! + done, raw.count - done)
          }
          if let count {
            done += count
          } else {
            // The descriptor came to us in non-blocking mode; its mode is shared with others, so it stays.
            _ = Polling.isReady(.writable(descriptor), within: -1)
          }
        } catch {
          return (done, error.code)
        }
      }
      return (done, nil)
    }
  }

  /// The same, for whom only all of it will do.
  ///
  /// - Returns: what kept it from being written; nil if it was.
  package static func write(_ bytes: [UInt8], to descriptor: CInt, _ name: String) -> SystemError? {
    unsafe write(bytes.span.bytes, to: descriptor).code.map { SystemError(operation: "write(\(name))", code: $0) }
  }
}
