import Foundation
import Glibc

/// A real terminal of a given size, in which a shell runs inside a namespace: tmux (1), which knows what the screen shows.
final class TmuxTerminal {
  private let socket: String
  private let directory: String

  /// Opens one with `columns` and `rows`; the shell's environment says which language and colours there are.
  init(columns: Int, rows: Int, in namespace: NetworkNamespace, directory: String) throws {
    self.directory = directory
    socket = "\(directory)/tmux"
    let shell = namespace.command(["env", "LC_ALL=C.UTF-8", "PS1=$ ", "sh"])
    try run(
      [
        "-u", "-f", "/dev/null", "new-session", "-d", "-s", "test", "-c", directory, "-x", "\(columns)", "-y",
        "\(rows)",
      ] + shell)
    try run(["set-option", "-g", "status", "off"])
    try eventually("a shell: \(shown)") { try screen().contains("$") }
  }

  deinit { _ = try? run(["kill-server"]) }

  /// Types text, and Enter if asked for.
  func type(_ text: String, enter: Bool = false) throws {
    try run(["send-keys", "-t", "test", "-l", text])
    if enter { try run(["send-keys", "-t", "test", "Enter"]) }
  }

  /// Strikes a key by its name, such as `C-c`.
  func strike(_ key: String) throws { try run(["send-keys", "-t", "test", key]) }

  func resize(columns: Int, rows: Int) throws {
    try run(["resize-window", "-t", "test", "-x", "\(columns)", "-y", "\(rows)"])
  }

  /// What it shows; with `-e` the colours as well.
  func screen(withColours: Bool = false) throws -> String {
    try run(["capture-pane", "-p", "-t", "test"] + (withColours ? ["-e"] : []))
  }

  /// The same for messages.
  var shown: String { (try? screen()) ?? "no terminal" }

  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    let environment = Tool.environment.merging(["LC_ALL": "C.UTF-8", "TERM": "xterm-256color"]) { $1 }
    let output = try Subprocess.run(["tmux", "-S", socket] + arguments, environment: environment, in: directory)
    return String(decoding: output, as: UTF8.self)
  }
}
