import Glibc

/// poll(2) for a thread that has other ways to find out as well.
enum Polling {
  /// Waits until one of `descriptors` is ready, a signal comes or the time is up. Where the call fails (EINVAL for more
  /// descriptors than a lowered RLIMIT_NOFILE, ENOMEM) a millisecond passes, nothing is ready, and the caller looks for
  /// itself.
  static func wait(_ descriptors: inout [pollfd], milliseconds: Int32) {
    if unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds) >= 0 { return }
    for index in descriptors.indices { descriptors[index].revents = 0 }
    if errno != EINTR { usleep(1_000) }
  }
}
