package import CLinux
import Glibc

/// Small filters of sockets in classic BPF (SO_ATTACH_FILTER, socket(7)).
package enum SocketFilter {
  /// Drops whatever comes: nothing is kept in memory.
  package static let discardAll = [sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: 0)]

  /// Lets the socket receive what `program` lets through. What had come before stays.
  ///
  /// - Throws: `SystemError` of SO_ATTACH_FILTER.
  package static func attach(_ program: [sock_filter], to descriptor: CInt) throws(SystemError) {
    var instructions = program
    let count = UInt16(clamping: instructions.count)
    // Typed throws do not pass through the array's closure.
    let result: Result<Void, SystemError> = unsafe instructions.withUnsafeMutableBufferPointer { buffer in
      let filter = unsafe sock_fprog(len: count, filter: buffer.baseAddress)
      do throws(SystemError) {
        try unsafe SocketOption.set(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, toBytesOf: filter, "SO_ATTACH_FILTER")
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
