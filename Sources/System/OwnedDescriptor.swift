import Glibc

/// Owner of a file descriptor, for what is held and not otherwise used: closed with the last reference.
package final class OwnedDescriptor: Sendable {
  /// The descriptor, open for as long as this object is.
  package let value: CInt

  /// Takes over an open descriptor.
  package init(_ value: CInt) { self.value = value }

  deinit {
    close(value)
  }
}
