import Glibc

/// The kernel's release as uname(2) has it: two numbers, and whatever distributions put behind them.
public struct KernelVersion: Comparable, Sendable {
  /// 6 in `6.1.112-122.189.amzn2023.x86_64`.
  public let major: Int
  /// 1 in `6.1.112-122.189.amzn2023.x86_64`.
  public let minor: Int

  /// A version to compare with.
  public init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// From a release text; nil if it does not begin with two numbers and a dot between them.
  public init?(_ release: String) {
    let parts = release.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, let major = Self.number(parts[0], isWhole: true),
      let minor = Self.number(parts[1], isWhole: false)
    else { return nil }
    self.init(major, minor)
  }

  /// The running kernel's; nil if it says nothing of the kind.
  public static var running: KernelVersion? {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return nil }
    return KernelVersion(
      unsafe withUnsafeBytes(of: &names.release) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }

  /// By major, then minor number.
  public static func < (one: KernelVersion, other: KernelVersion) -> Bool {
    (one.major, one.minor) < (other.major, other.minor)
  }

  /// The decimal number that `text` begins with, or is.
  private static func number(_ text: Substring, isWhole: Bool) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, digits.count <= 6, !isWhole || digits.count == text.count else { return nil }
    return Int(digits)
  }
}
