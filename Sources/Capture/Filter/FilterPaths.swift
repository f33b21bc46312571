/// The ways through a filter program that end with a frame taken, and what a frame must be to go each.
///
/// Classic BPF only jumps forward, so there is an end to them. What is compared with constants is followed, which is
/// nearly all that libpcap makes of an expression; of what is computed nothing is known, and both ways are gone.
struct FilterPaths {
  /// A part of a frame that a program compares: an integer at a fixed offset, as far as the mask shows it.
  struct Field: Hashable {
    var width: BPFProgram.Instruction.Width
    var offset: UInt32
    var mask: UInt32

    /// All of an integer at an offset.
    static func whole(_ width: BPFProgram.Instruction.Width, _ offset: UInt32) -> Field {
      Field(width: width, offset: offset, mask: .max)
    }
  }

  /// What is in the accumulator.
  private enum Content {
    case field(Field)
    case constant(UInt32)
    case unknown
  }

  /// What is known of a frame that has come to a place in the program.
  struct Facts {
    fileprivate(set) var values: [Field: UInt32] = [:]
    fileprivate var excluded: [Field: Set<UInt32>] = [:]

    /// The value of a field, if all of it is known.
    func value(_ field: Field) -> UInt32? {
      if let value = values[field] { return value }
      for (known, value) in values
      where known.width == field.width && known.offset == field.offset && known.mask & field.mask == field.mask {
        return value & field.mask
      }
      return nil
    }
  }

  /// Instructions that are looked at; a program with more ways than that is not judged.
  private static let budget = 100_000

  private let instructions: [BPFProgram.Instruction]
  private let isWanted: (Facts) -> Bool
  private var left = Self.budget

  private init(_ instructions: [BPFProgram.Instruction], _ isWanted: @escaping (Facts) -> Bool) {
    self.instructions = instructions
    self.isWanted = isWanted
  }

  /// Whether there is a way to take a frame for which `isWanted` holds; nil if there are too many to say.
  static func accepts(_ program: BPFProgram, where isWanted: @escaping (Facts) -> Bool) -> Bool? {
    var paths = FilterPaths(program.instructions, isWanted)
    let isFound = paths.follow(from: 0, .unknown, Facts())
    return isFound ? true : paths.left > 0 ? false : nil
  }

  /// Goes on at `start`; true once a wanted way is found.
  private mutating func follow(from start: Int, _ content: Content, _ facts: Facts) -> Bool {
    var content = content
    var index = start
    while index < instructions.count, left > 0 {
      left -= 1
      let instruction = instructions[index]
      index += 1
      switch instruction.code & 0x07 {
      case 0x00: content = Self.load(instruction)
      case 0x04: content = Self.compute(instruction, content)
      case 0x05:
        if instruction.code & 0xF0 == 0 {
          index += Int(instruction.k)
        } else {
          return branch(instruction, at: index, content, facts)
        }
      case 0x06: return (instruction.code & 0x18 != 0 || instruction.k != 0) && isWanted(facts)
      case 0x07: content = .unknown
      default: break
      }
    }
    return false
  }

  private mutating func branch(
    _ jump: BPFProgram.Instruction, at next: Int, _ content: Content, _ facts: Facts
  ) -> Bool {
    let (isTrue, isFalse) = (next + Int(jump.jumpTrue), next + Int(jump.jumpFalse))
    let isConstant = jump.code & 0x08 == 0
    let known: UInt32? =
      switch content {
      case .constant(let value): value
      case .field(let field): facts.value(field)
      case .unknown: nil
      }
    if isConstant, let known { return follow(from: jump.holds(for: known) ? isTrue : isFalse, content, facts) }
    guard isConstant, jump.code & 0xF0 == 0x10, case .field(let field) = content else {
      return follow(from: isTrue, content, facts) || follow(from: isFalse, content, facts)
    }
    var with = facts
    var without = facts
    with.values[field] = jump.k
    without.excluded[field, default: []].insert(jump.k)
    let isExcluded = facts.excluded[field]?.contains(jump.k) == true
    return !isExcluded && follow(from: isTrue, content, with) || follow(from: isFalse, content, without)
  }

  private static func load(_ instruction: BPFProgram.Instruction) -> Content {
    switch instruction.code & 0xE0 {
    case 0x00: return .constant(instruction.k)
    case 0x20:
      // Metadata is kept beside the frame, at offsets of its own.
      guard let width = BPFProgram.Instruction.Width(rawValue: instruction.code & 0x18) else { return .unknown }
      return .field(.whole(width, instruction.k))
    default: return .unknown
    }
  }

  /// Of arithmetic only a mask is followed.
  private static func compute(_ instruction: BPFProgram.Instruction, _ content: Content) -> Content {
    guard instruction.code == 0x54 else { return .unknown }
    switch content {
    case .constant(let value): return .constant(value & instruction.k)
    case .field(var field):
      field.mask &= instruction.k
      return .field(field)
    case .unknown: return .unknown
    }
  }
}

extension BPFProgram.Instruction {
  /// Whether a conditional jump with a constant is taken for this value.
  fileprivate func holds(for value: UInt32) -> Bool {
    switch code & 0xF0 {
    case 0x10: value == k
    case 0x20: value > k
    case 0x30: value >= k
    default: value & k != 0
    }
  }
}
