#!/usr/bin/dash
# The first process of the kernel that scripts/boot-old-kernel boots: three hosts in network namespaces as in the end
# to end tests, each way to run the forwarder, and the recordings as a tar archive on the disk.
#
#   peer eth0 --- traffic link, offloads on --- eth0 app mirror0 --- mirror link --- mirror0 collector
export PATH=/usr/bin LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /recordings
exec >/dev/ttyS0 2>&1

# fail WHAT: ends the run; without the mark of completeness nothing of it is judged.
fail() {
  echo "FAILED: $1"
  for file in /recordings/*/log /recordings/*/*.tcpdump; do
    [ -e "$file" ] && echo "$file" && tail -n 5 "$file"
  done
  finish
}

finish() {
  tar -cf /dev/vda -C /recordings .
  sync
  poweroff -f
}

# await WHAT COMMAND...: runs the command five times a second until it succeeds, for at most a minute.
await() {
  what=$1
  shift
  for _ in $(seq 300); do
    "$@" && return
    usleep 200000
  done
  fail "waited in vain for $what"
}

inside() {
  namespace=$1
  shift
  ip netns exec "$namespace" "$@"
}

tr ' ' '\n' </modules/order | while read -r module; do insmod "/modules/$module.ko"; done
ip link set lo up
for namespace in peer app collector; do
  ip netns add $namespace || fail "namespace $namespace"
  inside "$namespace" ip link set lo up
  inside "$namespace" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode'
done

# link NAMESPACE PEER NAME MTU NETWORK: addresses .1 and .2, ::1 and ::2.
link() {
  ip link add "$3" netns "$1" mtu "$4" type veth peer name "$3" netns "$2" mtu "$4" || fail "link $3"
  host=1
  for end in "$1" "$2"; do
    inside "$end" ip address add "$5.$host/24" dev "$3"
    inside "$end" ip address add "$6::$host/64" dev "$3" nodad
    inside "$end" ip link set "$3" up
    host=2
  done
}

link app peer eth0 1500 192.0.2 2001:db8:1
link app collector mirror0 9001 198.51.100 2001:db8:2
# A card would cut a UDP_SEGMENT send; veth hands it on whole, which no collector would ever see.
inside app ethtool -K mirror0 tx-udp-segmentation off || fail "ethtool"

mkdir /tmp/www
dd if=/dev/urandom of=/tmp/www/file bs=65536 count=32 2>/dev/null
inside app python3 /http_server.py /tmp/www :: 8080 20000000 >/tmp/server 2>&1 &
listens() { inside app ss -Htln 'sport = :8080' | grep -q LISTEN; }
await "the web server" listens

says() { grep -q "$1" "$2" 2>/dev/null; }
ended() { ! kill -0 "$1" 2>/dev/null; }
no_connection() {
  for side in app peer; do
    [ -z "$(inside $side ss -Htan state connected exclude time-wait)" ] || return 1
  done
}
# Up to twice the time for which tcpdump lets the kernel gather packets.
at_rest() {
  before=$(cat "$1/direct.pcap" "$1/mirror.pcap" | wc -c)
  sleep 2.2
  [ "$(cat "$1/direct.pcap" "$1/mirror.pcap" | wc -c)" = "$before" ]
}

# record NAMESPACE INTERFACE FOLDER/NAME FILTER: sets `recorder`.
record() {

  ip netns exec "$1" tcpdump -n -U -Z root -s 0 -B 65536 -i "$2" -w "$3.pcap" "$4" 2>"$3.tcpdump" &
  recorder=$!
  await "the recording $3" says "listening on" "$3.tcpdump"
}

traffic() {
  for host in 192.0.2.1 '[2001:db8:1::1]'; do
    inside peer curl -sS --globoff --fail --max-time 60 -o /tmp/fetched "http://$host:8080/file" || fail "curl $host"
    cmp /tmp/fetched /tmp/www/file || fail "the file itself did not arrive whole"
  done
  await "closed connections" no_connection
  # To the app one by one; from the app as super-datagrams (UDP_SEGMENT).
  for address in 192.0.2.1 2001:db8:1::1; do
    inside peer python3 /udp_sender.py $address 7000 1000 700 2000 || fail "datagrams to $address"
  done
  for address in 192.0.2.2 2001:db8:1::2; do
    inside app python3 /udp_sender.py $address 7001 200 1200 4000 40 || fail "super-datagrams to $address"
  done
}

# mirror ENGINE VERSION DESTINATION INTERFACE
mirror() {
  folder=/recordings/$1-$2-$4
  mkdir "$folder"
  record collector mirror0 "$folder/mirror" 'udp port 4789 or ip[6:2] & 0x3fff != 0 or ip6[6] == 44'
  outer=$recorder
  record app eth0 "$folder/direct" 'tcp or udp'
  direct=$recorder
  ip netns exec app env -i BPF_FILTER='tcp or udp' DESTINATION="$3" INTERFACE="$4" MTU=9000 CAPTURE="$1" \
    STAT_FORMAT=json /usr/bin/packet-forwarder >"$folder/statistics" 2>"$folder/log" &
  forwarder=$!
  await "the forwarder to capture" says capturing "$folder/log"
  traffic
  kill -TERM $forwarder
  await "the forwarder to end" ended $forwarder
  wait $forwarder
  echo $? >"$folder/status"
  await "recordings to come to rest" at_rest "$folder"
  kill -INT "$outer" "$direct"
  await "the recorders to end" ended "$outer"
  await "the recorders to end" ended "$direct"
  echo "$folder at $(cut -d ' ' -f 1 /proc/uptime) s"
}

uname -r >/recordings/kernel
cat /proc/sys/net/core/optmem_max >/recordings/optmem_max
cp /tmp/www/file /recordings/file
for engine in ring libpcap; do
  for interface in any eth0; do
    mirror $engine ipv4 198.51.100.2 $interface
    mirror $engine ipv6 '[2001:db8:2::2]' $interface
  done
done
cut -d . -f 1 /proc/uptime >/recordings/seconds
touch /recordings/complete
finish
