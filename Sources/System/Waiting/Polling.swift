package import Glibc

/// poll(2), for every thread that waits for descriptors.
package enum Polling {
  /// Waits until one of `entries` is ready, a signal comes (nothing is ready then), or `milliseconds` have passed
  /// (negative: without end).
  ///
  /// - Throws: `SystemError` of `poll`: EINVAL for more descriptors than a lowered RLIMIT_NOFILE, ENOMEM. Nothing is
  ///   ready then.
  package static func poll(_ entries: inout MutableSpan<pollfd>, milliseconds: CInt) throws(SystemError) {
    let ready = unsafe entries.withUnsafeMutableBufferPointer {
      unsafe Glibc.poll($0.baseAddress, nfds_t($0.count), milliseconds)
    }
    if ready >= 0 { return }
    let code = errno
    for index in entries.indices { entries[index].revents = 0 }
    if code != EINTR { throw SystemError(operation: "poll", code: code) }
  }

  /// As `poll`, for a thread that has other ways to find out as well: where the call fails, a millisecond passes and
  /// nothing is ready.
  package static func wait(_ entries: inout [pollfd], milliseconds: CInt) {
    var span = entries.mutableSpan
    do throws(SystemError) {
      try poll(&span, milliseconds: milliseconds)
    } catch {
      usleep(1_000)
    }
  }

  /// Whether `entry` is ready within `milliseconds` (negative: without end), whatever signals come meanwhile. With 0
  /// async-signal-safe.
  package static func isReady(_ entry: pollfd, within milliseconds: CInt) -> Bool {
    var entry = entry
    var left = milliseconds
    let limit = milliseconds > 0 ? TimeLimit(milliseconds: Int64(milliseconds)) : nil
    while true {
      let ready = unsafe Glibc.poll(&entry, 1, left)
      if ready >= 0 || errno != EINTR { return ready > 0 }
      if let limit { left = limit.left }
    }
  }
}

extension pollfd {
  /// Waits for something to read; a negative descriptor waits for nothing.
  package static func readable(_ descriptor: CInt) -> pollfd {
    pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  }

  /// Waits for room to write.
  package static func writable(_ descriptor: CInt) -> pollfd {
    pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  }

  /// Waits for the other side to go away.
  package static func closed(_ descriptor: CInt) -> pollfd { pollfd(fd: descriptor, events: 0, revents: 0) }
}
