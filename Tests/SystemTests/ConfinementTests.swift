import Foundation
import Testing

@testable import System

/// What confining is made of, as far as it can be tried without being confined. The rest is `EndToEndTests.Sandbox`.
@Suite struct ConfinementTests {
  @Test func rightsByVersion() {
    #expect(FileAccess.all(version: 1).rawValue == 0x1FFF)
    #expect(FileAccess.all(version: 2).rawValue == 0x3FFF)
    #expect(FileAccess.all(version: 3).rawValue == 0x7FFF)
    #expect(FileAccess.all(version: 4).rawValue == 0x7FFF)
    for version in [5, 6, 7, 8] { #expect(FileAccess.all(version: version).rawValue == 0xFFFF) }
    #expect(FileAccess.all(version: 3).isSuperset(of: .updating) && !FileAccess.all(version: 2).contains(.truncate))
    #expect(!FileAccess.reading.contains(.writeFile) && !FileAccess.ofFile.contains(.readDirectory))
  }

  /// /etc as a whole, so that a replaced resolv.conf is read; root, who could read secrets there, has single files where
  /// that is asked for.
  @Test func thePlan() {
    let plan = ConfinementPlan.forwarder()
    #expect(plan.readable.contains("/etc") && plan.readable.contains("/proc") && plan.readable.contains("/sys"))
    #expect(plan.writable.isEmpty && plan.connectPorts == [53] && plan.listenPorts.isEmpty)
    let strict = ConfinementPlan.forwarder(
      writable: ["/run/health"], connectPorts: [80], listenPorts: [9_749], isStrict: true)
    #expect(strict.writable == ["/run/health"] && strict.listenPorts == [9_749] && strict.connectPorts == [53, 80])
    #expect(strict.readable.contains("/etc") == (geteuid() != 0))
    #expect(!strict.readable.contains { $0.contains("shadow") || $0 == "/" || $0 == "/root" })
  }

  @Test func nothingIsGivenUpUnasked() throws {
    let before = try Capabilities.effective()
    let confinement = try Confinement.apply(.off, as: nil) { fatalError("no plan is needed") }
    #expect(try Capabilities.effective() == before)
    #expect("\(confinement)" == "sandbox: off" && !confinement.hasNoBacktrace)
  }

  @Test func capabilitiesAreSets() throws {
    #expect(Capabilities.netRaw.bits == 0x2000)
    #expect(Capabilities(bits: 0x2001).intersection(.netRaw) == .netRaw)
    #expect(try Capabilities.permitted().bits & Capabilities.effective().bits == Capabilities.effective().bits)
  }

  // MARK: Accounts

  private static let file = """
    root:x:0:0:root:/root:/bin/bash
    # a comment
    app:x:1000:1001::/home/app:/bin/sh
    mirror:x:10001:10002::/nonexistent:/usr/sbin/nologin
    odd:x:many:1:::
    short:x:5
    """

  private func account(_ text: String) throws -> UserAccount? {
    let path = "\(NSTemporaryDirectory())/passwd-\(UUID().uuidString)"
    try Self.file.write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return UserAccount(text, accounts: path)
  }

  @Test(
    arguments: [
      ("root", 0, 0), ("app", 1_000, 1_001), ("mirror", 10_001, 10_002), ("1000", 1_000, 1_001), ("77", 77, 77),
      ("77:88", 77, 88), ("1000:5", 1_000, 5), ("0", 0, 0), ("4294967294", 4_294_967_294, 4_294_967_294),
    ] as [(String, UInt32, UInt32)])
  func accountsByNameAndNumber(_ text: String, _ user: UInt32, _ group: UInt32) throws {
    #expect(try account(text) == UserAccount(user: user, group: group))
  }

  @Test(arguments: [
    "", "nosuch", "odd", "short", "app:5", "77:", ":77", "77:88:99", "-1", "+5", "4294967295", "1000 ", "0x10",
    "# a comment",
  ])
  func noSuchAccount(_ text: String) throws { #expect(try account(text) == nil) }

  /// A scratch image has no such file.
  @Test func withoutAFile() {
    #expect(UserAccount("10001", accounts: "/nonexistent") == UserAccount(user: 10_001, group: 10_001))
    #expect(UserAccount("app", accounts: "/nonexistent") == nil)
  }
}
