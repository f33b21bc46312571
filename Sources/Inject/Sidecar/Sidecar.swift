/// The sidecar that is asked for.
public struct Sidecar: Sendable {
  /// Where the image has the program.
  static let program = "/usr/bin/packet-forwarder"
  /// The image's user, by number.
  static let user = 10_001

  /// The container's name.
  public var name = "packet-forwarder"
  /// The image, as the registry has it.
  public var image: String
  /// What the forwarder is told.
  public var settings: SidecarSettings
  /// Whether the application ends with its mirror (ECS), and does not start while that is not healthy.
  public var isEssential = false
  /// Whether the application starts only once the forwarder has.
  public var isWaitedFor = false
  /// CPU units (1024 are a core); nil leaves it to share what the others leave.
  public var cpuUnits: Int?
  /// The container that is mirrored, where it is not the first that looks like one.
  public var application: String?
  /// The one task definition or workload that is meant, of several.
  public var resource: String?

  /// A sidecar with everything else as usual.
  public init(image: String, settings: SidecarSettings) {
    self.image = image
    self.settings = settings
  }

  /// Whether a container is a forwarder: by its image, its health check, or the variables that no other program has.
  func isForwarder(_ container: Value, _ form: KeyForm) -> Bool {
    let names = [Self.repository(image), "packet-forwarder"]
    if let image = container[form.key("image")]?.text, names.contains(Self.repository(image)) { return true }
    let variables = environment(container, form).map(\.key)
    return variables.contains("DESTINATION")
      && ["BPF_FILTER", "INTERFACE", "STAT_DURATION"].contains { variables.contains($0) }
  }

  /// The variables of a container whose names and values are in the text.
  func environment(_ container: Value, _ form: KeyForm) -> [Value.Member] {
    let list = container[form.key("environment")] ?? container["env"]
    return (list?.items ?? []).compactMap { entry in
      guard let name = entry[form.key("name")]?.text, let value = entry[form.key("value")] else { return nil }
      return .init(name, value)
    }
  }

  /// `packet-forwarder` of `registry.example.com:5000/team/packet-forwarder:1.0.0@sha256:...`.
  private static func repository(_ image: String) -> Substring {
    let path = image.prefix { $0 != "@" }
    return path.split(separator: "/").last.map { $0.prefix { $0 != ":" } } ?? ""
  }
}
