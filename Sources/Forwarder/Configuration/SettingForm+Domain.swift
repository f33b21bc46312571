import Capture
import Logging
import System
import Telemetry
import Transport

extension SettingForm where Value == [Destination] {
  /// Collectors.
  static var destinations: Self {
    Self(
      takes: "a host name, IPv4 or [IPv6] address, each with an optional :port, several separated by commas",
      read: { text in
        let entries = list(text)
        let found = entries.compactMap { Destination(parsing: $0) }
        return found.isEmpty || found.count < entries.count ? nil : found
      },
      write: { $0.map(\.description).joined(separator: ",") })
  }
}

extension SettingForm where Value == CapturePlan.Interfaces {
  /// Interfaces that are there.
  static var interfaces: Self {
    Self(
      takes: "any, or of these, separated by commas: \(present.joined(separator: ", "))", values: .interfaces,
      read: { text in
        let names = list(text)
        if names.contains("any") { return .any }
        let isKnown = !names.isEmpty && names.allSatisfy(present.contains) && Set(names).count == names.count
        return isKnown ? .named(names) : nil
      },
      write: { interfaces in
        switch interfaces {
        case .any: "any"
        case .named(let names): names.joined(separator: ",")
        }
      })
  }

  private static var present: [String] { NetworkInterface.all().map(\.name) }
}

extension SettingForm where Value == Logger.Level {
  /// swift-log's levels, in any case, and what other programs call them.
  static var logLevel: Self {
    let others: [String: Logger.Level] = ["warn": .warning, "fatal": .critical]
    let words = Logger.Level.allCases.map(\.rawValue)
    return Self(
      takes: "one of \(words.joined(separator: ", "))", values: .words(words),
      read: { text in
        let word = trimmed(text).lowercased()
        return Logger.Level(rawValue: word) ?? others[word]
      },
      write: { $0.rawValue })
  }
}

extension SettingForm where Value == ScrapeAddress {
  /// A local address and a TCP port.
  static var scrapeAddress: Self {
    Self(takes: ScrapeAddress.takes, read: { ScrapeAddress(trimmed($0)) }, write: { $0.description })
  }
}

extension SettingForm where Value == String {
  /// An account that is there.
  static var user: Self {
    Self(
      takes: "a name in /etc/passwd, or a number, or two with a colon between them (user and group)",
      read: { text in UserAccount(trimmed(text)).map { _ in trimmed(text) } }, write: { $0 })
  }
}
