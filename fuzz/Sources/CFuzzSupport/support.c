#define _GNU_SOURCE
#include "CFuzzSupport.h"

#include <string.h>
#include <sys/socket.h>

uint32_t CFuzzSupport_sum(const void *bytes, size_t count, uint32_t start) {
  const uint8_t *at = bytes;
  uint64_t sum = start;
  for (size_t index = 0; index + 1 < count; index += 2) sum += (uint32_t)at[index] << 8 | at[index + 1];
  if (count & 1) sum += (uint32_t)at[count - 1] << 8;
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return (uint32_t)sum;
}

uint32_t CFuzzSupport_crc32c(const void *bytes, size_t count) {
  static uint32_t table[256];
  if (table[1] == 0) {
    for (uint32_t byte = 0; byte < 256; byte++) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
      table[byte] = crc;
    }
  }
  const uint8_t *at = bytes;
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t index = 0; index < count; index++) crc = crc >> 8 ^ table[(crc ^ at[index]) & 0xFF];
  return ~crc;
}

enum { period = 1 << 16 };

static const uint8_t *pattern(void) {
  static uint8_t bytes[period];
  if (bytes[1] == 0) {
    for (size_t index = 0; index < period; index++) bytes[index] = (uint8_t)(index * 7 + (index >> 8));
  }
  return bytes;
}

void CFuzzSupport_fill(void *bytes, size_t count) {
  for (size_t done = 0; done < count; done += period) {
    memcpy((uint8_t *)bytes + done, pattern(), count - done < period ? count - done : period);
  }
}

int CFuzzSupport_is_filled(const void *bytes, size_t count, size_t from) {
  for (size_t done = 0, step; done < count; done += step) {
    size_t at = (from + done) % period;
    step = count - done < period - at ? count - done : period - at;
    if (memcmp((const uint8_t *)bytes + done, pattern() + at, step) != 0) return 0;
  }
  return 1;
}

__attribute__((weak)) void __asan_poison_memory_region(void const volatile *address, size_t size);
__attribute__((weak)) void __asan_unpoison_memory_region(void const volatile *address, size_t size);

void CFuzzSupport_poison(void *bytes, size_t count) {
  if (__asan_poison_memory_region) __asan_poison_memory_region(bytes, count);
}

void CFuzzSupport_unpoison(void *bytes, size_t count) {
  if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(bytes, count);
}

CFuzzSupport_received CFuzzSupport_drain(int fd, size_t limit, uint64_t header) {
  // Only the beginning of a datagram is looked at; MSG_TRUNC says how long it was.
  enum { depth = 64 };
  static uint64_t heads[depth];
  static struct iovec vectors[depth];
  static struct mmsghdr messages[depth];
  for (int index = 0; index < depth; index++) {
    vectors[index] = (struct iovec){.iov_base = &heads[index], .iov_len = sizeof heads[index]};
    messages[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
  }
  CFuzzSupport_received received = {0};
  int count;
  do {
    count = recvmmsg(fd, messages, depth, MSG_DONTWAIT | MSG_TRUNC, NULL);
    for (int index = 0; index < count; index++) {
      size_t length = messages[index].msg_len;
      received.datagrams += 1;
      received.bytes += length;
      if (length > limit || length < sizeof header || heads[index] != header) received.wrong += 1;
    }
  } while (count == depth);
  return received;
}
