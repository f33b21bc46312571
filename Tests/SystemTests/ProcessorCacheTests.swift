import Testing

@testable import System

/// Sizes of caches as the kernel writes them.
@Suite struct ProcessorCacheTests {
  @Test(
    arguments: [
      ("32K", 32_768), ("1024K", 1_048_576), ("2M", 2_097_152), ("512", 512), ("", nil), ("K", nil), ("-4K", nil),
      ("0K", nil), ("9999999999M", nil), ("1G", nil),
    ] as [(String, Int?)])
  func byteCount(text: String, expected: Int?) {
    #expect(ProcessorCache.byteCount(text) == expected)
  }
}
