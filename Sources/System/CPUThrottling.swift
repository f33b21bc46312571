import Glibc

/// What the kernel says of held-up processes in this process's control group and those around it (`cpu.stat`, control
/// groups of version 1 and 2). The files are opened once, so that a sandbox does not matter later.
package final class CPUThrottling: Sendable {
  private let files: [OwnedDescriptor]

  /// Opens what is there; nothing, where the system has no control groups or shows none.
  ///
  /// - Parameters:
  ///   - membership: text of `/proc/self/cgroup`; nil reads it.
  ///   - root: where control groups are mounted.
  package init(membership: String? = nil, root: String = "/sys/fs/cgroup") {
    let text = membership ?? (try? FileContents.read("/proc/self/cgroup")).map { String(decoding: $0, as: UTF8.self) }
    files = Self.paths(text ?? "", root: root).compactMap { path in
      try? OwnedDescriptor("open(\(path))") { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    }
  }

  /// Whether there is anything to read.
  package var isKnown: Bool { !files.isEmpty }

  /// A number that grows whenever processes of the groups have been held up: periods and nanoseconds together.
  package var counter: UInt64 {
    files.reduce(0) { sum, file in
      var bytes = [UInt8](repeating: 0, count: 1_024)
      let count = unsafe pread(file.value, &bytes, bytes.count, 0)
      return sum &+ Self.counter(of: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
    }
  }

  /// The same of the text of one `cpu.stat`.
  static func counter(of text: String) -> UInt64 {
    var sum: UInt64 = 0
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let value = UInt64(words[1]) else { continue }
      switch words[0] {
      case "nr_throttled", "throttled_time": sum &+= value
      case "throttled_usec": sum &+= value &* 1_000
      default: break
      }
    }
    return sum
  }

  /// Where the files of the groups may be: those of the process's own group and of the groups around it, up to the one
  /// that is mounted. In a container that may be all there is to see, whatever the name of the group outside.
  static func paths(_ membership: String, root: String) -> [String] {
    var paths: [String] = []
    for line in membership.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      var mounts: [String] = []
      if parts[0] == "0", controllers.isEmpty { mounts = [root, "\(root)/unified"] }
      if controllers.contains("cpu") { mounts = ["\(root)/\(parts[1])", "\(root)/cpu"] }
      for mount in mounts {
        var names = parts[2].split(separator: "/")
        while true {
          let path = ([mount] + names.map(String.init) + ["cpu.stat"]).joined(separator: "/")
          if !names.contains(".."), !paths.contains(path) { paths.append(path) }
          guard names.popLast() != nil else { break }
        }
        if unsafe access(mount, F_OK) == 0 { break }
      }
    }
    return paths
  }
}
