import CLinux
import Glibc
import System

extension BPFProgram {
  /// Attaches the program to a socket; it replaces one that is there atomically.
  ///
  /// - Throws: `.failed` for a program that is too long, or where the kernel has no memory for it beside the one that
  ///   is there (net.core.optmem_max, 20 KiB for both before Linux 6.7); the one that was there stays in force then.
  func attach(to descriptor: CInt) throws(CaptureError) {
    precondition(MemoryLayout<Instruction>.stride == MemoryLayout<sock_filter>.stride)
    guard instructions.count <= Self.maximumCount else {
      let reason = "the filter has \(instructions.count) instructions, and the kernel takes \(Self.maximumCount)"
      throw .failed(operation: "SO_ATTACH_FILTER", reason: reason)
    }
    try CaptureError.from(CaptureError.system) { () throws(SystemError) in
      try unsafe instructions.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in
        let program = unsafe sock_fprog(
          len: UInt16(instructions.count),
          filter: UnsafeMutablePointer(mutating: bytes.baseAddress!.assumingMemoryBound(to: sock_filter.self)))
        try unsafe SocketOption.set(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, toBytesOf: program, "SO_ATTACH_FILTER")
      }
    }
  }

  /// Puts the program in force on a socket that has one, and fails closed.
  ///
  /// Where there is no room for both, `rejectAll` takes the place of the old one, which frees its memory, and the
  /// program is tried again. SO_DETACH_FILTER is never used: without a filter a packet socket takes everything.
  ///
  /// - Throws: as `attach` does. The socket then has `rejectAll`, or, if there was no room even for that, what it had.
  func replace(on descriptor: CInt) throws(CaptureError) {
    do throws(CaptureError) {
      try attach(to: descriptor)
    } catch {
      guard (try? Self.rejectAll.attach(to: descriptor)) != nil else { throw error }
      try attach(to: descriptor)
    }
  }
}
