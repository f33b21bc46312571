/* Delay of mirrored packets, measured on the collector's interface.
 *
 *   delay INTERFACE ONE_IN
 *
 * Takes one in ONE_IN frames (the kernel draws, so the rest cost nothing here), looks behind the VXLAN header
 * when there is one, and subtracts the stamp of load/udp.c from the kernel's own time of arrival, so how late
 * this process wakes up does not count. On SIGTERM prints count, p50, p99 and maximum in microseconds as JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "stamp.h"

enum { OUTER_BYTES = 14 + 20 + 8 + 8, INNER_BYTES = 14 + 20 + 8, LIMIT = 4 << 20, RECEIVE_BYTES = 32 << 20 };

static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* The stamp inside a frame, with or without 50 bytes of VXLAN around it; 0 when there is none. */
static uint64_t stamp_of(const uint8_t *frame, size_t length) {
  static const size_t offsets[] = {OUTER_BYTES + INNER_BYTES, INNER_BYTES};
  for (int i = 0; i < 2; i++) {
    struct stamp stamp;
    if (length < offsets[i] + sizeof stamp) continue;
    memcpy(&stamp, frame + offsets[i], sizeof stamp);
    if (stamp.magic == STAMP_MAGIC) return stamp.nanoseconds;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3 || atoi(argv[2]) < 1) {
    fprintf(stderr, "usage: delay INTERFACE ONE_IN\n");
    return 64;
  }
  /* Accept 256 bytes of a frame when a random number modulo ONE_IN is zero. */
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t)atoi(argv[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 256),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1, receive = RECEIVE_BYTES;
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("packet socket");
    return 71;
  }
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  fprintf(stderr, "capturing on %s\n", argv[1]);

  int64_t *delays = malloc(sizeof *delays * LIMIT);
  size_t count = 0;
  while (!stopped && count < LIMIT) {
    uint8_t frame[256];
    union {
      struct cmsghdr align;
      char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec iov = {frame, sizeof frame};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      perror("recvmsg");
      return 74;
    }
    uint64_t stamp = stamp_of(frame, (size_t)n);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!stamp || !header || header->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec arrival;
    memcpy(&arrival, CMSG_DATA(header), sizeof arrival);
    delays[count++] = (int64_t)arrival.tv_sec * 1000000000 + arrival.tv_nsec - (int64_t)stamp;
  }
  qsort(delays, count, sizeof *delays, ascending);
  printf("{\"count\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"maximum\":%.1f}\n", count,
         count ? (double)delays[count / 2] / 1000 : 0, count ? (double)delays[count * 99 / 100] / 1000 : 0,
         count ? (double)delays[count - 1] / 1000 : 0);
  free(delays);
  return 0;
}
