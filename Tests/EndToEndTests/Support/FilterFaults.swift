import Foundation

extension FaultBench {
  /// Leaves `byteCount` bytes for the filters of each socket of the application's host from now on.
  func limitFilterMemory(to byteCount: Int) throws {
    try testbed.app.run(["sh", "-c", "echo \(byteCount) >/proc/sys/net/core/optmem_max"])
  }

  /// Gives the collector's name other addresses.
  func moveCollector(to addresses: [String]) throws { _ = try testbed.hosts(addresses) }
}
