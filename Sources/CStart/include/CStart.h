// What happens before `main`; see start.c. A target of its own, so that only the program does it: tests, benchmarks
// and fuzzers keep their signals.
#ifndef CSTART_H
#define CSTART_H

#endif
