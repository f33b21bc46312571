import CLinux
import Glibc

/// Owner of a file descriptor: closed with the last reference. Whatever else a type knows of a descriptor, this is what
/// it holds it by.
package final class OwnedDescriptor: Sendable {
  /// The descriptor, open for as long as this object is.
  package let value: CInt

  /// Takes over an open descriptor.
  package init(_ value: CInt) { self.value = value }

  /// Takes over what `open` returns.
  ///
  /// - Throws: `SystemError` of `operation` where that is -1.
  package convenience init(_ operation: @autoclosure () -> String, _ open: () -> CInt) throws(SystemError) {
    self.init(try Syscall.perform(operation(), open))
  }

  deinit {
    close(value)
  }
}
