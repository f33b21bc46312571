// Counts the calls that allocate memory on the calling thread: the executable's own definitions of malloc and its like
// stand in front of glibc's, for Swift's runtime too. And network namespaces and pseudo-terminals, which glibc hides behind
// _GNU_SOURCE.
#ifndef CTESTSUPPORT_H
#define CTESTSUPPORT_H

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted: not under a sanitizer, which has an allocator of its own.
bool CTestSupport_counts_allocations(void);

/// Allocations made by the calling thread so far.
uint64_t CTestSupport_allocations(void);

/// Moves the calling thread into a network namespace of its own; 0, or -1 and errno.
int CTestSupport_enter_new_network(void);

/// Opens a pseudo-terminal, whose other end goes to `terminal`; its own end, which does not block, or -1 and errno.
int CTestSupport_open_terminal(int *_Nonnull terminal);

#endif
