// What a target does besides calling the product. In C because the command line's flags instrument every Swift module:
// here they would only cost time, and their edges are of no interest.
#include <stddef.h>
#include <stdint.h>

/// The one's complement sum of RFC 1071 section 1, folded to 16 bits, on top of `start`; an odd last byte is padded.
uint32_t CFuzzSupport_sum(const void *_Nonnull bytes, size_t count, uint32_t start);

/// CRC32c (RFC 9260 appendix A), as the 32-bit value whose lowest byte goes onto the wire first.
uint32_t CFuzzSupport_crc32c(const void *_Nonnull bytes, size_t count);

/// Writes `count` bytes of a pattern.
void CFuzzSupport_fill(void *_Nonnull bytes, size_t count);

/// Whether the bytes are those of the pattern from its byte `from` on.
int CFuzzSupport_is_filled(const void *_Nonnull bytes, size_t count, size_t from);

/// Makes AddressSanitizer, if it is there, report any use of these bytes from now on, or no more.
void CFuzzSupport_poison(void *_Nonnull bytes, size_t count);
void CFuzzSupport_unpoison(void *_Nonnull bytes, size_t count);

/// What a socket had waiting.
typedef struct {
  uint64_t datagrams;
  uint64_t bytes;
  /// Datagrams longer than the limit, shorter than the header, or with another header.
  uint64_t wrong;
} CFuzzSupport_received;

/// Takes every datagram that waits on `fd` and compares its first 8 bytes with `header`, in memory order.
CFuzzSupport_received CFuzzSupport_drain(int fd, size_t limit, uint64_t header);
