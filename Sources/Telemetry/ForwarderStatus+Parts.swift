package import Capture
package import Mirror

extension ForwarderStatus {
  /// One capture thread.
  package struct Worker: Sendable {
    /// From 0 on.
    package var index: Int
    /// Whether frames are being captured.
    package var isCapturing: Bool
    /// Whether the thread has ended.
    package var hasEnded: Bool
    /// Milliseconds since it began the turn of its loop that it is in.
    package var turnAge: Int64
    /// Why nothing is captured; nil while something is.
    package var captureFailure: String?
    /// Why no filter is in force, so that nothing is taken; nil while one is.
    package var filterFailure: String?
    /// How full its rings are; nil where the engine does not say.
    package var rings: RingUse.Pair?

    /// A thread that has no trouble.
    package init(index: Int, isCapturing: Bool, hasEnded: Bool = false, turnAge: Int64) {
      self.index = index
      self.isCapturing = isCapturing
      self.hasEnded = hasEnded
      self.turnAge = turnAge
    }
  }

  /// One interface: of those that INTERFACE names, or with `any` of all there are.
  package struct Interface: Equatable, Sendable {
    /// As INTERFACE has it.
    package var name: String
    /// libpcap's name of the link type; nil while there is none.
    package var linkType: String?
    /// `captured`, `down`, `lost` or `left out`.
    package var state: String
    /// Why it is not captured on although INTERFACE names it; nil where that is as it should be.
    package var trouble: String?

    /// An interface in this state.
    package init(name: String, linkType: String?, state: String, trouble: String? = nil) {
      self.name = name
      self.linkType = linkType
      self.state = state
      self.trouble = trouble
    }
  }

  /// One entry of DESTINATION.
  package struct Destination: Equatable, Sendable {
    /// As it was given.
    package var name: String
    /// The addresses of the last good answer.
    package var addresses: [String]
    /// Milliseconds since that answer; nil without one.
    package var answerAge: Int64?
    /// Why it has no address or no way to one, or why the last look-up failed; nil where all is well.
    package var failure: String?
    /// `in use`, or `standing by` behind another entry.
    package var state: String

    /// An entry with the last that is known of it.
    package init(
      name: String, addresses: [String], answerAge: Int64?, failure: String?, state: String = "in use"
    ) {
      self.name = name
      self.state = state
      self.addresses = addresses
      self.answerAge = answerAge
      self.failure = failure
    }
  }

  /// What was counted in the last second or so.
  package struct Recent: Sendable {
    /// The difference.
    package var counters: Counters
    /// Over how many milliseconds.
    package var milliseconds: Int64

    /// A difference.
    package init(counters: Counters, milliseconds: Int64) {
      self.counters = counters
      self.milliseconds = milliseconds
    }
  }

  /// Lines that could not be written, since the start.
  package struct LostLines: Equatable, Sendable {
    /// Of the log.
    package var log: UInt64
    /// Of the statistics.
    package var statistics: UInt64

    /// None, unless said otherwise.
    package init(log: UInt64 = 0, statistics: UInt64 = 0) {
      self.log = log
      self.statistics = statistics
    }
  }

  /// One of the flows that carry most, as sampling has found it.
  package struct Flow: Equatable, Sendable {
    /// Addresses and ports.
    package var name: String
    /// Bytes a second, about.
    package var bytesPerSecond: UInt64

    /// A flow with its share.
    package init(name: String, bytesPerSecond: UInt64) {
      self.name = name
      self.bytesPerSecond = bytesPerSecond
    }
  }
}
