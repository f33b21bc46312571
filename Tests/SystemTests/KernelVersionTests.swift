import System
import Testing

@Suite struct KernelVersionTests {
  /// Releases from the wild.
  @Test(arguments: [
    ("6.1.112-122.189.amzn2023.x86_64", 6, 1), ("5.10.230-223.885.amzn2", 5, 10), ("6.8.0-1021-aws", 6, 8),
    ("4.14.355-276.618.amzn2.aarch64", 4, 14), ("2.6.78-mocked", 2, 6), ("6.12+deb13-cloud-amd64", 6, 12),
    ("5.15.167.4-microsoft-standard-WSL2", 5, 15), ("6.6.87.2-microsoft-standard-WSL2", 6, 6),
    ("7.0-rc1", 7, 0), ("4.14", 4, 14), ("4.4.0", 4, 4), ("10.23", 10, 23),
  ]) func parsed(release: String, major: Int, minor: Int) {
    #expect(KernelVersion(release) == KernelVersion(major, minor))
  }

  @Test(arguments: [
    "", "garbage", "linux.is", "6", "6.", ".1", "six.one", "-6.1", "6-1.2", "v6.1", " 6.1", "6 .1", "٦.١",
    "99999999999999999999.1", "6.99999999999999999999",
  ]) func junk(release: String) {
    #expect(KernelVersion(release) == nil)
  }

  @Test func order() {
    #expect(KernelVersion(5, 19) < KernelVersion(6, 2))
    #expect(KernelVersion(6, 2) < KernelVersion(6, 10))
    #expect(!(KernelVersion(6, 2) < KernelVersion(6, 2)))
    #expect(KernelVersion.running.map { $0 > KernelVersion(2, 0) } ?? false)
  }
}
