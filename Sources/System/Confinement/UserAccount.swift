/// Who the program becomes (USER_NAME).
package struct UserAccount: Equatable, Sendable {
  /// Number of the user.
  package let user: UInt32
  /// Number of its group.
  package let group: UInt32

  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }

  /// The account that `text` names: a number, two with a colon between them (user and group), or a name in `accounts`,
  /// which has the form of passwd(5). nil if there is none. A number needs no entry; its group is then the same number.
  ///
  /// The file is read and no name service asked: this runs as root.
  package init?(_ text: String, accounts: String = "/etc/passwd") {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if let numbers = parts.first.flatMap(Self.number) {
      guard parts.count <= 2 else { return nil }
      guard parts.count == 2 else {
        let entry = Self.entries(accounts).first { Self.number($0[2]) == numbers }
        self.init(user: numbers, group: entry.flatMap { Self.number($0[3]) } ?? numbers)
        return
      }
      guard let group = Self.number(parts[1]) else { return nil }
      self.init(user: numbers, group: group)
    } else {
      guard parts.count == 1, let entry = Self.entries(accounts).first(where: { $0[0] == text }),
        let user = Self.number(entry[2]), let group = Self.number(entry[3])
      else { return nil }
      self.init(user: user, group: group)
    }
  }

  /// Name, password, user and group of each line.
  private static func entries(_ path: String) -> [[Substring]] {
    let text = String(decoding: (try? FileContents.read(path)) ?? [], as: UTF8.self)
    return text.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .filter { $0.count >= 4 }
  }

  /// The highest number is none: setresuid(2) takes it for "as before".
  private static func number(_ text: Substring) -> UInt32? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt32(text), number < .max
    else { return nil }
    return number
  }
}
