/* The forwarder that a good C engineer writes first: libpcap's loop and one sendmsg per packet.
 *
 *   forwarder INTERFACE COLLECTOR_IPV4 VNI [PACKETS_PER_SECOND]
 *
 * The frame stays in libpcap's ring; the VXLAN header goes before it through a second iovec. Frames that do not
 * fit into the path's MTU (super-frames of offload) fail with EMSGSIZE and are counted. With a limit, packets beyond it are
 * captured and not sent, as they come. Prints its counters as
 * JSON when SIGTERM or SIGINT ends it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { VXLAN_PORT = 4789, SNAP_LENGTH = 262144, BUFFER_BYTES = 32 << 20, TIMEOUT_MS = 5 };

struct state {
  int fd;
  uint8_t header[8];
  struct iovec iov[2];
  struct msghdr message;
  unsigned long captured, sent, too_big, failed, dropped;
  unsigned long limit, in_second;
  time_t second;
};

static pcap_t *capture;

static void stop(int signal) {
  (void)signal;
  pcap_breakloop(capture);
}

static void forward(u_char *user, const struct pcap_pkthdr *packet, const u_char *bytes) {
  struct state *s = (struct state *)user;
  s->captured++;
  if (s->limit) {
    if (packet->ts.tv_sec != s->second) { s->second = packet->ts.tv_sec; s->in_second = 0; }
    if (s->in_second++ >= s->limit) { s->dropped++; return; }
  }
  s->iov[1].iov_base = (void *)bytes;
  s->iov[1].iov_len = packet->caplen;
  /* ECONNREFUSED reports an earlier datagram (the collector sniffs and has no socket): this one was not sent. */
  while (sendmsg(s->fd, &s->message, 0) < 0) {
    if (errno == EINTR || errno == ECONNREFUSED) continue;
    if (errno == EMSGSIZE) s->too_big++; else s->failed++;
    return;
  }
  s->sent++;
}

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) die("usage", "forwarder INTERFACE COLLECTOR_IPV4 VNI [PACKETS_PER_SECOND]");
  char error[PCAP_ERRBUF_SIZE], filter[128];
  uint32_t vni = (uint32_t)strtoul(argv[3], NULL, 10);

  struct state s = {.header = {0x08, 0, 0, 0, vni >> 16, vni >> 8, vni, 0}};
  if (argc == 5) s.limit = strtoul(argv[4], NULL, 10);
  s.iov[0] = (struct iovec){s.header, sizeof s.header};
  s.message = (struct msghdr){.msg_iov = s.iov, .msg_iovlen = 2};
  s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s.fd < 0) die("socket", strerror(errno));
  struct sockaddr_in collector = {.sin_family = AF_INET, .sin_port = htons(VXLAN_PORT)};
  if (inet_pton(AF_INET, argv[2], &collector.sin_addr) != 1) die("collector", "not an IPv4 address");
  int discover = IP_PMTUDISC_DO;
  setsockopt(s.fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
  if (connect(s.fd, (struct sockaddr *)&collector, sizeof collector) < 0) die("connect", strerror(errno));

  capture = pcap_create(argv[1], error);
  if (!capture) die("pcap_create", error);
  pcap_set_snaplen(capture, SNAP_LENGTH);
  pcap_set_buffer_size(capture, BUFFER_BYTES);
  pcap_set_timeout(capture, TIMEOUT_MS);
  if (pcap_activate(capture) < 0) die("pcap_activate", pcap_geterr(capture));
  struct bpf_program program;
  snprintf(filter, sizeof filter, "not (udp dst port %d and dst host %s)", VXLAN_PORT, argv[2]);
  if (pcap_compile(capture, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0 || pcap_setfilter(capture, &program) < 0)
    die("filter", pcap_geterr(capture));
  pcap_freecode(&program);

  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  fprintf(stderr, "capturing on %s\n", argv[1]);
  int rc;
  do rc = pcap_dispatch(capture, -1, forward, (u_char *)&s);
  while (rc >= 0);
  if (rc == PCAP_ERROR) fprintf(stderr, "pcap_dispatch: %s\n", pcap_geterr(capture));

  struct pcap_stat stat = {0};
  pcap_stats(capture, &stat);
  printf("{\"captured_packets\":%lu,\"sent_datagrams\":%lu,\"too_big\":%lu,\"failed\":%lu,"
         "\"dropped_packets\":%lu,\"forwarded_packets\":%lu,\"kernel_dropped_packets\":%u}\n",
         s.captured, s.sent, s.too_big, s.failed, s.dropped, s.sent, stat.ps_drop);
  pcap_close(capture);
  return 0;
}
