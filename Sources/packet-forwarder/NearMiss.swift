import Forwarder

/// Names that are nearly those of a command or a flag.
enum NearMiss {
  /// The one of `names` that `word` was probably meant to be; nil for one of them, and for what is like none.
  static func likeliest(for word: String, among names: [String]) -> String? {
    let letters = Array(word.utf8)
    guard letters.count <= 64, !names.contains(word) else { return nil }
    var best: (distance: Int, name: String)?
    for name in names {
      let limit = name.utf8.count < 6 ? 1 : name.utf8.count < 10 ? 2 : 3
      guard let distance = EditDistance.between(letters, Array(name.utf8), atMost: limit) else { continue }
      if distance < best?.distance ?? .max { best = (distance, name) }
    }
    return best?.name
  }

  /// The command that `word` was probably meant to be.
  static func command(for word: String) -> String? {
    likeliest(for: word.lowercased(), among: PacketForwarder.commandNames)
      ?? (PacketForwarder.commandNames.contains(word)
        ? nil : PacketForwarder.commandNames.first { $0 == word.lowercased() })
  }
}
