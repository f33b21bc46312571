/* What load/udp.c writes at the start of each payload and load/delay.c looks for. Host byte order. */
#pragma once
#include <stdint.h>

#define STAMP_MAGIC UINT64_C(0x706642656e636831)

struct stamp {
  uint64_t magic;
  uint64_t nanoseconds; /* CLOCK_REALTIME when the packet was given to the kernel */
} __attribute__((packed));
