import ArgumentParser
import Glibc
import System
import Telemetry

/// Where to ask for the task that the program runs in, as its environment says.
struct TaskChoice {
  /// nil: nowhere.
  let endpoint: TaskEndpoint?
  /// What is wrong with the variable, in one line.
  let trouble: String?

  /// As the environment says.
  static var current: TaskChoice {
    let text = ProcessEnvironment.variables[TaskEndpoint.variable] ?? ""
    guard !text.isEmpty else { return TaskChoice(endpoint: nil, trouble: nil) }
    let endpoint = TaskEndpoint(text)
    let trouble =
      "\(TaskEndpoint.variable)=\(text) is left alone: it takes http:// with an IPv4 address and a path, as ECS sets it"
    return TaskChoice(endpoint: endpoint, trouble: endpoint == nil ? trouble : nil)
  }
}

extension ExitStatus {
  /// Listens where figures are to be shown, or ends the program with one line. `name` is what the address was given under.
  static func listen(on address: ScrapeAddress, named name: String) throws -> OwnedDescriptor {
    do throws(SystemError) {
      return try address.listen()
    } catch {
      let code = error.code == EADDRNOTAVAIL ? configuration : error.code == EACCES ? noPermission : inputOutput
      throw failure(code, "\(name)=\(address): cannot listen there: \(error.reason)")
    }
  }
}
