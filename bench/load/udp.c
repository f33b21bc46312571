/* UDP load over many flows, paced or as fast as one core goes.
 *
 *   udp DESTINATION_IPV4 FLOWS PACKETS_PER_SECOND SECONDS FRAME_BYTES|imix
 *
 * A rate of 0 is full speed. FRAME_BYTES counts the Ethernet frame without its checksum; `imix` is 60, 576 and
 * 1514 bytes at 7:4:1. A flow is a destination port, so one socket and one sendmmsg serve them all. Each payload
 * begins with a magic number and CLOCK_REALTIME in ns, which load/delay.c compares with the time of arrival.
 * Prints the packets sent and the seconds it took as JSON. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "stamp.h"

enum { BATCH = 64, HEADERS = 14 + 20 + 8, FIRST_PORT = 10000, PAUSE_NS = 100 * 1000 };

static volatile sig_atomic_t stopped;
static uint32_t seed = 2463534242u;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static uint32_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static size_t frame_bytes(size_t fixed) {
  if (fixed) return fixed;
  uint32_t r = next_random() % 12;
  return r < 7 ? 60 : r < 11 ? 576 : 1514;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: udp DESTINATION_IPV4 FLOWS PACKETS_PER_SECOND SECONDS FRAME_BYTES|imix\n");
    return 64;
  }
  unsigned flows = (unsigned)atoi(argv[2]);
  double rate = atof(argv[3]), seconds = atof(argv[4]);
  size_t fixed = strcmp(argv[5], "imix") == 0 ? 0 : (size_t)atoi(argv[5]);
  static struct sockaddr_in destination[1024];
  if (flows < 1 || flows > 1024 || (fixed && (fixed < HEADERS + sizeof(struct stamp) || fixed > 1514))) return 64;

  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return 71;
  for (unsigned i = 0; i < flows; i++) {
    destination[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)(FIRST_PORT + i))};
    if (inet_pton(AF_INET, argv[1], &destination[i].sin_addr) != 1) return 64;
  }
  static uint8_t filler[1514];
  for (size_t i = 0; i < sizeof filler; i++) filler[i] = (uint8_t)next_random();
  static struct stamp stamps[BATCH];
  static struct iovec iov[BATCH][2];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < BATCH; i++) {
    stamps[i].magic = STAMP_MAGIC;
    iov[i][0] = (struct iovec){&stamps[i], sizeof stamps[i]};
    iov[i][1].iov_base = filler;
    messages[i].msg_hdr = (struct msghdr){.msg_iov = iov[i], .msg_iovlen = 2, .msg_namelen = sizeof *destination};
  }

  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  prctl(PR_SET_TIMERSLACK, 1000);
  uint64_t sent = 0, start = nanoseconds(CLOCK_MONOTONIC), now = start;
  uint64_t end = start + (uint64_t)(seconds * 1e9);
  while (!stopped && now < end) {
    uint64_t count = BATCH;
    if (rate > 0) {
      uint64_t due = (uint64_t)((double)(now - start) * rate / 1e9);
      count = due > sent ? due - sent : 0;
      if (count > BATCH) count = BATCH;
    }
    if (count == 0) {
      clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
      now = nanoseconds(CLOCK_MONOTONIC);
      continue;
    }
    uint64_t stamp = nanoseconds(CLOCK_REALTIME);
    for (uint64_t i = 0; i < count; i++) {
      stamps[i].nanoseconds = stamp + i; /* So that the stamps of a flow tell its order (load/order.c). */
      iov[i][1].iov_len = frame_bytes(fixed) - HEADERS - sizeof(struct stamp);
      messages[i].msg_hdr.msg_name = &destination[next_random() % flows];
    }
    int n = sendmmsg(fd, messages, (unsigned)count, 0);
    if (n < 0 && errno != EINTR && errno != ENOBUFS) {
      perror("sendmmsg");
      return 74;
    }
    if (n > 0) sent += (uint64_t)n;
    now = nanoseconds(CLOCK_MONOTONIC);
  }
  printf("{\"sent\":%llu,\"seconds\":%.6f}\n", (unsigned long long)sent, (double)(now - start) / 1e9);
  return 0;
}
