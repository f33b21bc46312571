import Glibc
import System

/// Whether `condition` holds within some seconds, looked at every millisecond: for what other threads do without telling.
func eventually(_ seconds: Int64 = 10, _ condition: () -> Bool) -> Bool {
  let limit = TimeLimit(milliseconds: seconds * 1_000)
  while !condition(), limit.left > 0 { usleep(1_000) }
  return condition()
}
