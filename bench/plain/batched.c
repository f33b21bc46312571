/* The technique of this project in as little C as can show it: what the kernel's share of the cost is.
 *
 *   batched INTERFACE COLLECTOR_IPV4 VNI SOURCE_PORTS
 *
 * A TPACKET_V3 ring with room for the VXLAN header in front of each frame, one UDP_SEGMENT send per batch of frames
 * of one size, and within a ring block frames of different flows may overtake each other. It checks and repairs
 * nothing: no checksum is filled in, no super-frame cut, no filter, no packet but IPv4 with ports told apart. Prints its
 * counters as JSON when SIGTERM or SIGINT ends it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
  VXLAN_PORT = 4789, HEADER = 8, BLOCK = 256 << 10, BLOCKS = 128, RETIRE_MS = 4, WAIT_US = 10000,
  MAX_LANES = 16, MAX_PENDING = 16384, MAX_SEGMENTS = 64, MAX_SEND = 65507
};

struct pending {
  char *start;
  int length;
  uint8_t flow, sent;
};

static volatile sig_atomic_t stopped;
static unsigned long frames, sends, datagrams, too_big, failed;
static int lane_count, sockets[MAX_LANES], waiting[MAX_LANES];
static struct pending queue[MAX_LANES][MAX_PENDING];

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void send_batch(int fd, struct iovec *iov, int count, int size) {
  char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
  struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)count};
  if (count > 1) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    *(uint16_t *)CMSG_DATA(header) = (uint16_t)size;
  }
  sends++;
  while (sendmsg(fd, &message, 0) < 0) {
    if (errno == EINTR || errno == ECONNREFUSED) continue;
    if (errno == EMSGSIZE) too_big += (unsigned)count; else failed += (unsigned)count;
    return;
  }
  datagrams += (unsigned)count;
}

/* The first unsent frame gives the size; every frame of that size follows whose flow has not been passed over. */
static void send_lane(int lane) {
  struct pending *q = queue[lane];
  for (int first = 0; first < waiting[lane]; first++) {
    if (q[first].sent) continue;
    uint64_t passed[4] = {0};
    struct iovec iov[MAX_SEGMENTS];
    int size = q[first].length, count = 0;
    for (int i = first; i < waiting[lane] && count < MAX_SEGMENTS && (count + 1) * size <= MAX_SEND; i++) {
      if (q[i].sent) continue;
      uint64_t *word = &passed[q[i].flow >> 6], bit = 1ull << (q[i].flow & 63);
      if (q[i].length == size && !(*word & bit)) {
        iov[count++] = (struct iovec){q[i].start, (size_t)size};
        q[i].sent = 1;
      } else {
        *word |= bit;
      }
    }
    if (count == 0) {  /* larger than any datagram */
      q[first].sent = 1;
      too_big++;
      continue;
    }
    send_batch(sockets[lane], iov, count, size);
  }
  waiting[lane] = 0;
}

static void take_block(struct tpacket_block_desc *block, uint64_t header) {
  char *at = (char *)block + block->hdr.bh1.offset_to_first_pkt;
  for (unsigned i = 0; i < block->hdr.bh1.num_pkts; i++) {
    struct tpacket3_hdr *packet = (struct tpacket3_hdr *)at;
    char *frame = at + packet->tp_mac;
    uint16_t ports[2] = {0};
    if (packet->tp_snaplen >= 38) memcpy(ports, frame + 34, sizeof ports);
    uint32_t hash = (uint32_t)(ntohs(ports[0]) + ntohs(ports[1])) * 2654435761u;
    int lane = (int)((hash >> 24) * (unsigned)lane_count >> 8);
    memcpy(frame - HEADER, &header, HEADER);
    if (waiting[lane] == MAX_PENDING) send_lane(lane);
    queue[lane][waiting[lane]++] = (struct pending){frame - HEADER, (int)packet->tp_snaplen + HEADER, (hash >> 16) & 255, 0};
    frames++;
    at += packet->tp_next_offset;
  }
}

static int open_ring(const char *interface, char **ring) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V3, reserve = 32;
  struct tpacket_req3 request = {
      .tp_block_size = BLOCK, .tp_block_nr = BLOCKS, .tp_frame_size = 2048, .tp_frame_nr = BLOCKS * (BLOCK / 2048),
      .tp_retire_blk_tov = RETIRE_MS};
  struct sockaddr_ll name = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(interface)};
  if (fd < 0) die("socket");
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0) die("PACKET_VERSION");
  if (setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) < 0) die("PACKET_RESERVE");
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) die("PACKET_RX_RING");
  *ring = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (*ring == MAP_FAILED) die("mmap");
  if (bind(fd, (struct sockaddr *)&name, sizeof name) < 0) die("bind");
  return fd;
}

static int is_ready(struct tpacket_block_desc *block) {
  return (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: batched INTERFACE COLLECTOR_IPV4 VNI SOURCE_PORTS\n");
    return 64;
  }
  uint32_t vni = (uint32_t)strtoul(argv[3], NULL, 10);
  uint8_t bytes[HEADER] = {0x08, 0, 0, 0, (uint8_t)(vni >> 16), (uint8_t)(vni >> 8), (uint8_t)vni, 0};
  uint64_t header;
  memcpy(&header, bytes, HEADER);
  lane_count = atoi(argv[4]);
  if (lane_count < 1 || lane_count > MAX_LANES) return 64;
  struct sockaddr_in collector = {.sin_family = AF_INET, .sin_port = htons(VXLAN_PORT)};
  if (inet_pton(AF_INET, argv[2], &collector.sin_addr) != 1) return 64;
  for (int i = 0; i < lane_count; i++) {
    int discover = IP_PMTUDISC_DO, buffer = 4 << 20;
    if ((sockets[i] = socket(AF_INET, SOCK_DGRAM, 0)) < 0) die("socket");
    setsockopt(sockets[i], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    setsockopt(sockets[i], IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
    if (connect(sockets[i], (struct sockaddr *)&collector, sizeof collector) < 0) die("connect");
  }
  char *ring;
  int fd = open_ring(argv[1], &ring);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  fprintf(stderr, "capturing on %s\n", argv[1]);

  for (unsigned next = 0; !stopped;) {
    unsigned held = 0;
    for (; held < BLOCKS / 8; held++) {
      struct tpacket_block_desc *block = (void *)(ring + (size_t)((next + held) % BLOCKS) * BLOCK);
      if (!is_ready(block)) break;
      take_block(block, header);
    }
    for (int lane = 0; lane < lane_count; lane++) send_lane(lane);
    for (unsigned i = 0; i < held; i++, next = (next + 1) % BLOCKS) {
      struct tpacket_block_desc *block = (void *)(ring + (size_t)next * BLOCK);
      __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
    if (held == 0) poll(&(struct pollfd){.fd = fd, .events = POLLIN | POLLERR}, 1, 250);
    else if (held < BLOCKS / 8) usleep(WAIT_US);
  }
  struct tpacket_stats_v3 stats = {0};
  socklen_t length = sizeof stats;
  getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
  printf("{\"captured_packets\":%lu,\"sent_datagrams\":%lu,\"sends\":%lu,\"too_big\":%lu,\"failed\":%lu,"
         "\"kernel_dropped_packets\":%u}\n",
         frames, datagrams, sends, too_big, failed, stats.tp_drops);
  return 0;
}
