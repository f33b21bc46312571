// flows IFINDEX PACKETS_PER_SECOND SECONDS syn|data
//
// Sends TCP packets of flows that are new, each of its own: SYNs, or segments with 200 bytes in the middle of a stream. They
// go to an address that nobody has. Prints how many were sent.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { batch = 64, room = 512 };

static uint64_t state = 88172645463325252;

// xorshift64 (Marsaglia, 2003).
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static uint16_t checksum(const uint8_t *bytes, int count, uint32_t sum) {
  for (int at = 0; at + 1 < count; at += 2) sum += bytes[at] << 8 | bytes[at + 1];
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static int make(uint8_t *frame, int payload) {
  uint64_t chance = next();
  uint8_t *ip = frame + ETH_HLEN, *tcp = ip + 20;
  memset(frame, 0, room);
  memset(frame, 0xFF, ETH_ALEN);  // heard by everybody, answered by nobody
  frame[6] = 2;
  frame[12] = 8;
  ip[0] = 0x45;
  *(uint16_t *)(ip + 2) = htons(40 + payload);
  ip[8] = 64;
  ip[9] = 6;
  ip[12] = 10;
  memcpy(ip + 13, &chance, 3);
  memcpy(ip + 16, (uint8_t[]){203, 0, 113, 9}, 4);
  *(uint16_t *)(ip + 10) = checksum(ip, 20, 0);
  memcpy(tcp, (uint8_t *)&chance + 3, 2);
  tcp[2] = 1;
  tcp[3] = 187;
  memcpy(tcp + 4, &chance, 4);
  tcp[12] = 0x50;
  tcp[13] = payload ? 0x18 : 0x02;
  uint32_t pseudo = 6 + 20 + payload;
  for (int at = 12; at < 20; at += 2) pseudo += ip[at] << 8 | ip[at + 1];
  *(uint16_t *)(tcp + 16) = checksum(tcp, 20 + payload, pseudo);
  return ETH_HLEN + 40 + payload;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words) {
  if (count != 5) return fprintf(stderr, "flows IFINDEX PACKETS_PER_SECOND SECONDS syn|data\n"), 64;
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = atoi(words[1]), .sll_halen = ETH_ALEN};
  int rate = atoi(words[2]), payload = strcmp(words[4], "syn") ? 200 : 0;
  int descriptor = socket(AF_PACKET, SOCK_RAW, 0);
  static uint8_t frames[batch][room];
  struct iovec parts[batch];
  struct mmsghdr messages[batch];
  memset(messages, 0, sizeof messages);
  for (int at = 0; at < batch; at++) {
    parts[at].iov_base = frames[at];
    messages[at].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &parts[at], .msg_iovlen = 1};
  }
  uint64_t sent = 0;
  double start = now();
  for (double elapsed = 0; elapsed < atof(words[3]); elapsed = now() - start) {
    if (sent > elapsed * rate) {
      nanosleep(&(struct timespec){.tv_nsec = 100000}, 0);
      continue;
    }
    for (int at = 0; at < batch; at++) parts[at].iov_len = make(frames[at], payload);
    int done = sendmmsg(descriptor, messages, batch, 0);
    if (done > 0) sent += done;
  }
  printf("%lu\n", (unsigned long)sent);
  return 0;
}
