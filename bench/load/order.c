/* Order and number of mirrored datagrams, as a collector's socket gets them.
 *
 *   order [PORT]
 *
 * Takes VXLAN datagrams that carry UDP of load/udp.c (the kernel's filter drops all others, mirrored TCP above all)
 * and holds each stamp against the last one of its flow. On SIGTERM prints as JSON how many came, how many came
 * behind a younger one of their flow, and how many found this socket's buffer full. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "stamp.h"

enum { BATCH = 256, BYTES = 256, VXLAN = 8, INNER = VXLAN + 14 + 20 + 8, RECEIVE_BYTES = 512 << 20 };

static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

int main(int argc, char **argv) {
  /* UDP header, VXLAN header, Ethernet header, then the protocol field of the inner IPv4 header. */
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8 + VXLAN + 14 + 9),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? (uint16_t)atoi(argv[1]) : 4789)};
  int fd = socket(AF_INET, SOCK_DGRAM, 0), receive = RECEIVE_BYTES, on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) < 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("udp socket");
    return 71;
  }
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  fprintf(stderr, "receiving\n");

  static uint8_t bytes[BATCH][BYTES];
  static uint64_t last[65536];
  static struct iovec iov[BATCH];
  static struct mmsghdr messages[BATCH];
  static union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(uint32_t))];
  } control[BATCH];
  uint64_t received = 0, inversions = 0, others = 0;
  uint32_t overflowed = 0;
  while (!stopped) {
    for (int i = 0; i < BATCH; i++) {
      iov[i] = (struct iovec){bytes[i], BYTES};
      messages[i].msg_hdr = (struct msghdr){
          .msg_iov = &iov[i], .msg_iovlen = 1, .msg_control = &control[i], .msg_controllen = sizeof control[i]};
    }
    int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (n < 0) {
      if (errno == EINTR) continue;
      perror("recvmmsg");
      return 74;
    }
    for (int i = 0; i < n; i++) {
      struct cmsghdr *header = CMSG_FIRSTHDR(&messages[i].msg_hdr);
      if (header && header->cmsg_type == SO_RXQ_OVFL) memcpy(&overflowed, CMSG_DATA(header), sizeof overflowed);
      struct stamp stamp = {0};
      if (messages[i].msg_len >= INNER + sizeof stamp) memcpy(&stamp, bytes[i] + INNER, sizeof stamp);
      if (stamp.magic != STAMP_MAGIC) {
        others++;
        continue;
      }
      uint16_t flow = (uint16_t)(bytes[i][INNER - 6] << 8 | bytes[i][INNER - 5]);
      if (stamp.nanoseconds <= last[flow]) inversions++;
      else last[flow] = stamp.nanoseconds;
      received++;
    }
  }
  printf("{\"received\":%llu,\"inversions\":%llu,\"others\":%llu,\"overflowed\":%u}\n", (unsigned long long)received,
         (unsigned long long)inversions, (unsigned long long)others, overflowed);
  return 0;
}
