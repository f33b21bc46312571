import CFuzzer
import Glibc

/// Runs libFuzzer with the program's arguments and ends the program with its exit code.
public func fuzz(_ target: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> Never {
  var count = CommandLine.argc
  var arguments = CommandLine.unsafeArgv
  exit(LLVMFuzzerRunDriver(&count, &arguments, target))
}

/// Ends the program if `condition` does not hold: libFuzzer keeps the input as a crash.
@inline(__always)
public func require(_ condition: Bool, _ message: @autoclosure () -> String, line: UInt = #line) {
  if !condition { fatalError(message(), line: line) }
}
