@testable import Inject

/// A sidecar with these variables.
func sidecar(_ assignments: [String] = [], change: (inout Sidecar) -> Void = { _ in }) throws -> Sidecar {
  let settings = try SidecarSettings(destination: "collector.example.com", assignments)
  var sidecar = Sidecar(image: "registry.example.com/packet-forwarder:1.0.0", settings: settings)
  change(&sidecar)
  return sidecar
}

/// What comes out for a text, as text.
func inject(_ sidecar: Sidecar, into text: String) throws -> String {
  String(decoding: try Injection(sidecar, into: Array(text.utf8)).after, as: UTF8.self)
}

/// What a text says, of its only document.
func value(_ text: String) throws -> Value { try SourceText(Array(text.utf8)).documents[0].value }

/// Why nothing is injected; nil where something is.
func refusal(_ sidecar: Sidecar, _ text: String) -> String? {
  do throws(InjectError) {
    _ = try Injection(sidecar, into: Array(text.utf8))
    return nil
  } catch {
    return error.description
  }
}

enum Sample {
  static let task = """
    {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
     "containerDefinitions": [{"name": "app", "image": "app"}]}
    """

  /// A task definition with these members instead of the usual ones.
  static func task(_ members: String) -> String { "{\(members), \"containerDefinitions\": [{\"name\": \"app\"}]}" }

  static func pod(_ spec: String = "") -> String {
    """
    apiVersion: v1
    kind: Pod
    metadata: {name: probe}
    spec:
      containers: [{name: app, image: app}]
    \(spec)
    """
  }

  static let template = """
    Resources:
      Task:
        Type: AWS::ECS::TaskDefinition
        Properties:
          NetworkMode: awsvpc
          ContainerDefinitions:
            - Name: app
              Image: !Ref Image

    """
}
