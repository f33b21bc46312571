import CLinux
import Glibc

/// Gives up rights, for good. For the calling thread and those that it starts later, so it comes before any other thread:
/// to the kernel, user and capabilities are a thread's own.
package enum Privileges {
  /// Becomes `account`, with no other group than its own. Capabilities stay permitted, though none is in force.
  ///
  /// - Throws: `SystemError`: EPERM for who is not root.
  package static func become(_ account: UserAccount) throws(SystemError) {
    if account.user == getuid(), account.user == geteuid(), account.group == getegid(), account.user != 0 { return }
    try Syscall.perform("PR_SET_KEEPCAPS") { CLinux_prctl(PR_SET_KEEPCAPS, 1, 0) }
    try Syscall.perform("setgroups") { setgroups(0, nil) }
    try Syscall.perform("setresgid") { CLinux_setresgid(account.group) }
    try Syscall.perform("setresuid") { CLinux_setresuid(account.user) }
    try Syscall.perform("PR_SET_KEEPCAPS") { CLinux_prctl(PR_SET_KEEPCAPS, 0, 0) }
  }

  /// Keeps none but these capabilities.
  ///
  /// - Returns: what is kept of them.
  package static func keep(_ wanted: Capabilities) throws(SystemError) -> Capabilities {
    let kept = try Capabilities.permitted().intersection(wanted)
    try kept.assume()
    return kept
  }

  /// No program that is executed gets more rights than this one has, by its file's owner or capabilities.
  package static func gainNoMore() throws(SystemError) {
    try Syscall.perform("PR_SET_NO_NEW_PRIVS") { CLinux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) }
  }

  /// No process of the same user can look into this one, and no core file is written: there are captured bytes in it.
  package static func hideMemory() throws(SystemError) {
    try Syscall.perform("PR_SET_DUMPABLE") { CLinux_prctl(PR_SET_DUMPABLE, 0, 0) }
  }
}
