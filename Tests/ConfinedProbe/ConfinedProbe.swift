import CLinux
import Glibc
import System

/// Confines itself as the forwarder does under SANDBOX=require, then tries one thing and prints what came of it: `0`, or
/// errno. A system call that is not allowed ends it, so its number is printed first.
///
///     ConfinedProbe ATTEMPT [PATH] [writing DIRECTORY] [as USER]
@main
enum ConfinedProbe {
  static func main() throws {
    let arguments = CommandLine.arguments
    func value(_ word: String) -> String? {
      arguments.firstIndex(of: word).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
    }
    let account = value("as").flatMap { UserAccount($0) }
    let confinement = try Confinement.apply(.require, as: account) {
      ConfinementPlan.forwarder(writable: value("writing").map { [$0] } ?? [], isStrict: true)
    }
    guard arguments.count > 1, confinement.missing.isEmpty else { exit(1) }
    let code = Attempt.named(arguments[1], arguments.count > 2 ? arguments[2] : "")
    say("\(code)")
  }

  /// At once: what comes next may be the end.
  static func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = unsafe write(STDOUT_FILENO, line, line.count)
  }
}
