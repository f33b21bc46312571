import Glibc

/// Makes system calls. What a signal may interrupt goes through here, so that EINTR is dealt with in one place.
package enum Syscall {
  /// Makes `call` until no signal interrupts it.
  ///
  /// - Throws: `SystemError` of `operation` where it returns -1.
  @inline(__always)
  @discardableResult
  package static func perform<Count: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Count
  ) throws(SystemError) -> Count {
    while true {
      let result = call()
      if result != -1 { return result }
      // Read before anything else can set it.
      let code = errno
      if code != EINTR { throw SystemError(operation: operation(), code: code) }
    }
  }

  /// As `perform`, but nil where the call would have to wait (EAGAIN).
  @inline(__always)
  package static func performNow<Count: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Count
  ) throws(SystemError) -> Count? {
    do throws(SystemError) {
      return try perform(operation(), call)
    } catch  where error.code == EAGAIN {
      return nil
    }
  }
}
