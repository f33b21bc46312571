/// Flags that people have in their fingers from tcpdump(1), and what does the same here. `-i`, `-D`, `-d` and the filter as the last
/// arguments work as they are.
enum TcpdumpHabit {
  /// The flag of the collector's side and the demo that does the same.
  static func long(_ letter: Character) -> String? {
    [
      "w": "--write", "i": "--interface", "c": "--count", "q": "--quiet", "W": "--files", "G": "--rotate-seconds",
      "C": "--rotate-size",
    ][letter]
  }

  /// What to write instead of `-letter`; nil for what tcpdump has not, either.
  static func instead(of letter: Character) -> String? {
    switch letter {
    case "n", "N", "f": "names are not looked up for addresses: leave it out"
    case "w": "packet-forwarder receive --write FILE, at the collector, writes what is mirrored"
    case "r": "frames are taken from interfaces, and from no file"
    case "c": "--until-packets COUNT ends after so many"
    case "s": "--snap-length BYTES keeps so much of each frame"
    case "B": "--buffer-size SIZE is the capture's buffer"
    case "Z": "--user NAME is who the program becomes"
    case "F": "--filter EXPRESSION takes the filter, and so do the last arguments"
    case "C": "packet-forwarder receive --rotate-size SIZE begins a new file"
    case "G": "packet-forwarder receive --rotate-seconds SECONDS begins a new file"
    case "W": "packet-forwarder receive --files COUNT keeps so many files"
    case "D": "packet-forwarder -D lists the interfaces"
    case "d": "packet-forwarder -d shows the filter"
    case "q", "v": "--log-level LEVEL says how much is logged"
    case "Q": "the filter words inbound and outbound choose a direction"
    case "A", "X", "x", "e", "l", "t", "S": "packet-forwarder receive, at the collector, prints what is mirrored"
    case "p", "I", "y", "L", "U", "K", "H", "j", "J", "M", "m", "T", "u", "b", "E", "O", "V", "z":
      "there is nothing like it here"
    default: nil
    }
  }
}
