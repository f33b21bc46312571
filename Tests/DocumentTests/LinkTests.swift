import Foundation
import TestSupport
import Testing

/// What a page points at is there.
@Suite struct LinkTests {
  static let pages = (try? Page.all()) ?? []

  /// Files beside the page, folders, and headings of pages; of the world outside only that it is asked by https.
  @Test(arguments: pages) func everyLinkLeadsSomewhere(_ page: Page) throws {
    // What is quoted as code is no link.
    let text = page.prose.replacing(#/`[^`]*`/#, with: "")
    for match in text.matches(of: #/\]\(([^)\s]+)\)/#) {
      if let trouble = try Self.trouble(String(match.1), in: page) { Issue.record("\(page): \(match.1) \(trouble)") }
    }
  }

  @Test func whatLeadsNowhereIsFound() throws {
    let page = try Page("docs/ecs.md")
    for (link, isGood) in [
      ("https://swift.org", true), ("http://swift.org", false), ("vm.md", true), ("v.md", false),
      ("../README.md", true),
      ("docs/vm.md", false), ("#the-image", true), ("#image", false), ("../deploy", true),
      ("security.md#why-net_raw", true),
      ("security.md#why-net-raw", false), ("demo.svg", true), ("demo.svg#a", false),
    ] {
      let trouble = try Self.trouble(link, in: page)
      #expect((trouble == nil) == isGood, "\(link)")
    }
  }

  /// Nothing is only to be found by who knows its name.
  @Test func readmeLeadsToEveryGuide() throws {
    let links = Set(try Page("README.md").prose.matches(of: #/\]\((docs\/[a-z-]+\.md)/#).map { String($0.1) })
    let guides = try Page.forUsers().map(\.path).filter { $0.hasPrefix("docs/") }
    #expect(Set(guides).subtracting(links) == [])
  }

  /// What is wrong with a link of a page; nil if nothing.
  private static func trouble(_ link: String, in page: Page) throws -> String? {
    if link.contains(":") { return link.hasPrefix("https://") ? nil : "is not https" }
    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let folder = page.path.split(separator: "/").dropLast().joined(separator: "/")
    let file =
      parts[0].isEmpty
      ? Page.root.appending(path: page.path) : Page.root.appending(path: folder).appending(path: parts[0]).standardized
    guard FileManager.default.fileExists(atPath: file.path) else { return "is not there" }
    guard parts.count == 2 else { return nil }
    guard file.pathExtension == "md" else { return "has no headings" }
    let path = file.path.dropFirst(Page.root.standardized.path.count).drop { $0 == "/" }
    return try Page(String(path)).anchors.contains(parts[1]) ? nil : "is no heading there"
  }
}

extension Page {
  /// Its headings as GitHub makes links of them.
  fileprivate var anchors: Set<String> {
    let headings = prose.split(separator: "\n").compactMap { $0.wholeMatch(of: #/#{1,6} (.+)/#)?.1 }
    return Set(
      headings.map { heading in
        let words = heading.replacing(#/\[([^\]]*)\]\([^)]*\)/#) { String($0.1) }.lowercased()
        return words.filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }.replacing(" ", with: "-")
      })
  }
}
