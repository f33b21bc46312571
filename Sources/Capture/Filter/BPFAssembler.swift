/// Makes a classic BPF program of instructions and jumps to labels.
///
/// Jumps lead forward only, as the kernel demands. A conditional jump reaches 255 instructions; one that leads farther
/// gets an unconditional jump behind it, which reaches all.
struct BPFAssembler {
  /// A place in the program.
  struct Label: Equatable {
    fileprivate let number: Int
  }

  /// When a conditional jump is taken: A compared with a constant, unsigned.
  enum Condition: UInt16 {
    case equal = 0x15
    case greater = 0x25
    case atLeast = 0x35
    /// A & constant is not 0.
    case anyBit = 0x45
    /// A >= X; the constant does not count.
    case atLeastX = 0x3D
  }

  private enum Step {
    case plain(BPFProgram.Instruction)
    case jump(Label)
    case branch(Branch)
  }

  private struct Branch {
    var condition: Condition
    var value: UInt32
    /// nil: what comes next.
    var then: Label?
    var otherwise: Label?
    /// Whether the target is farther away than the instruction itself can jump.
    var isThenFar = false
    var isOtherwiseFar = false

    var count: Int { 1 + (isThenFar ? 1 : 0) + (isOtherwiseFar ? 1 : 0) }
  }

  private static let farthest = 255
  private static let jumpAlways: UInt16 = 0x05  // BPF_JMP | BPF_JA

  private var steps: [Step] = []
  /// For each label the step it stands before.
  private var places: [Int?] = []

  /// A label that is to be placed once, behind every jump to it.
  mutating func label() -> Label {
    places.append(nil)
    return Label(number: places.count - 1)
  }

  /// Lets `label` stand before the next instruction.
  mutating func place(_ label: Label) {
    precondition(places[label.number] == nil)
    places[label.number] = steps.count
  }

  mutating func append(_ instructions: BPFProgram.Instruction...) { append(instructions) }

  /// A whole program may be appended: its jumps are relative.
  mutating func append(_ instructions: [BPFProgram.Instruction]) { steps += instructions.map { .plain($0) } }

  mutating func jump(to label: Label) { steps.append(.jump(label)) }

  /// Jumps by a comparison of A; nil goes on with what comes next.
  mutating func jump(
    if condition: Condition, _ value: UInt32 = 0, to then: Label? = nil, otherwise: Label? = nil
  ) {
    steps.append(.branch(Branch(condition: condition, value: value, then: then, otherwise: otherwise)))
  }

  /// The program. Traps on a label that was not placed, or placed before a jump to it.
  func assemble() -> [BPFProgram.Instruction] {
    var steps = steps
    var offsets = Self.offsets(of: steps)
    // Each turn makes the program longer, so it ends.
    while lengthen(&steps, offsets) { offsets = Self.offsets(of: steps) }
    var program: [BPFProgram.Instruction] = []
    for step in steps {
      switch step {
      case .plain(let instruction): program.append(instruction)
      case .jump(let label): program.append(jump(from: program.count, to: label, offsets))
      case .branch(let branch): emit(branch, into: &program, offsets)
      }
    }
    return program
  }

  /// The position of each step, and of the end.
  private static func offsets(of steps: [Step]) -> [Int] {
    var offsets = [0]
    for step in steps {
      var count = 1
      if case .branch(let branch) = step { count = branch.count }
      offsets.append(offsets[offsets.count - 1] + count)
    }
    return offsets
  }

  private func lengthen(_ steps: inout [Step], _ offsets: [Int]) -> Bool {
    var hasChanged = false
    for index in steps.indices {
      guard case .branch(var branch) = steps[index] else { continue }
      let isFar = { (label: Label?) in
        label.map { target($0, offsets) - offsets[index] - 1 > Self.farthest } ?? false
      }
      let before = branch.count
      branch.isThenFar = branch.isThenFar || isFar(branch.then)
      branch.isOtherwiseFar = branch.isOtherwiseFar || isFar(branch.otherwise)
      steps[index] = .branch(branch)
      hasChanged = hasChanged || branch.count != before
    }
    return hasChanged
  }

  private func emit(_ branch: Branch, into program: inout [BPFProgram.Instruction], _ offsets: [Int]) {
    let position = program.count
    let next = branch.count - 1
    let near = { (label: Label?) in label.map { UInt8(target($0, offsets) - position - 1) } ?? UInt8(next) }
    program.append(
      BPFProgram.Instruction(
        branch.condition.rawValue, branch.value,
        jumpTrue: branch.isThenFar ? 0 : near(branch.then),
        jumpFalse: branch.isOtherwiseFar ? UInt8(next - 1) : near(branch.otherwise)))
    if branch.isThenFar, let label = branch.then { program.append(jump(from: position + 1, to: label, offsets)) }
    if branch.isOtherwiseFar, let label = branch.otherwise {
      program.append(jump(from: position + next, to: label, offsets))
    }
  }

  private func jump(from position: Int, to label: Label, _ offsets: [Int]) -> BPFProgram.Instruction {
    BPFProgram.Instruction(Self.jumpAlways, UInt32(target(label, offsets) - position - 1))
  }

  private func target(_ label: Label, _ offsets: [Int]) -> Int {
    guard let step = places[label.number] else { preconditionFailure("a label was not placed") }
    return offsets[step]
  }
}
