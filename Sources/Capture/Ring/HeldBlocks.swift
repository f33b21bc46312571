/// Blocks of a ring that were taken and are needed still, in the ring's order. They go back in that order too: the ring's
/// next block is then one of them only when all of the ring's are.
struct HeldBlocks: ~Copyable {
  private struct Entry {
    let block: HeldBlock
    /// Frames of it that are needed.
    var needed: Int
  }

  private var entries: [Entry] = []
  /// The number of the first entry.
  private var firstNumber = 0

  /// How many there are.
  var count: Int { entries.count }

  /// The number that the next block will have.
  var nextNumber: Int { firstNumber + entries.count }

  /// Holds a block as long as `needed` of its frames are needed.
  mutating func append(_ block: consuming RingBlock, needed: Int) {
    entries.append(Entry(block: block.held(), needed: needed))
  }

  /// A frame of the block with this number is needed no longer.
  mutating func release(_ number: Int) { entries[number - firstNumber].needed -= 1 }

  /// Gives back the first blocks, as far as no frame of them is needed.
  mutating func giveBack() {
    var count = 0
    while count < entries.count, entries[count].needed == 0 {
      entries[count].block.giveBack()
      count += 1
    }
    guard count > 0 else { return }
    entries.removeFirst(count)
    firstNumber += count
  }
}
