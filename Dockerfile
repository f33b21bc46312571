# packet-forwarder as a container image: one static-Swift binary and the few C libraries it needs.
#
#   docker build -t packet-forwarder .
#   docker build -t packet-forwarder:debug --build-arg BASE=debian:bookworm-slim .    # the same with a shell

# The builder, and what the run stage stands on. `scratch` has no shell and no packages to patch.
ARG BUILDER=swift:6.3-bookworm
ARG BASE=scratch

# libpcap -------------------------------------------------------------------------------------------
# Debian's libpcap links dbus, systemd and gcrypt for capture sources that a forwarder has no use for.
# The same patched source, without them, is one archive with no dependency.
FROM ${BUILDER} AS libpcap
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /libpcap
RUN sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources; \
    apt-get update -qq; \
    apt-get install -y -qq --no-install-recommends bison dpkg-dev flex gcc libc6-dev make >/dev/null; \
    apt-get source -qq libpcap >/dev/null; \
    mv libpcap-*/ source
WORKDIR /libpcap/source
RUN ./configure --quiet --prefix=/usr --disable-shared --disable-dbus --disable-usb --disable-bluetooth \
      --disable-rdma --disable-remote --without-libnl; \
    make -s -j"$(nproc)" libpcap.a; \
    make -s install DESTDIR=/out; \
    rm -rf /out/usr/share /out/usr/bin

# build ---------------------------------------------------------------------------------------------
FROM ${BUILDER} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN apt-get update -qq; \
    apt-get install -y -qq --no-install-recommends binutils libcap2-bin libyaml-dev pkg-config >/dev/null
COPY --from=libpcap /out /
WORKDIR /src
# Dependencies change less often than sources: they are a layer of their own.
COPY Package.* ./
RUN swift package resolve
COPY Sources Sources
# The manifest names the test targets, so their folders must be there; nothing of them is compiled.
COPY Tests Tests
RUN swift build -c release --product packet-forwarder --static-swift-stdlib -Xlinker -s; \
    ln -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/packet-forwarder" /packet-forwarder

# The run stage's whole file system: the binary, the libraries it is linked to, and their loader.
# getaddrinfo needs no more than libc.so.6: since glibc 2.34 it contains the files and dns services.
# The capability is set here, because a RUN in the last stage would store the binary twice.
RUN mkdir -p /rootfs/usr/{bin,lib,lib64,share/licenses}; \
    ln -s usr/lib /rootfs/lib; \
    ln -s usr/lib64 /rootfs/lib64; \
    install -m 0755 /packet-forwarder /rootfs/usr/bin/packet-forwarder; \
    for library in $(ldd /packet-forwarder | grep -o '/[^ ]*'); do \
      install -D -m 0755 "$library" "/rootfs/usr/${library#/usr/}"; \
    done; \
    setcap cap_net_raw+ep /rootfs/usr/bin/packet-forwarder
COPY LICENSE /rootfs/usr/share/licenses/packet-forwarder

# run -----------------------------------------------------------------------------------------------
FROM ${BASE}
LABEL org.opencontainers.image.title="packet-forwarder" \
      org.opencontainers.image.description="Mirrors live traffic to a collector over VXLAN, as a sidecar" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /rootfs/ /

# The contract: variable, what it takes, default. docs/settings.md has the others.
#   BPF_FILTER     pcap-filter(7) expression                       everything
#   DESTINATION    host, IPv4 or [IPv6], each with optional :port  required
#   INTERFACE      `any`, a name, or a comma-separated list        any
#   MTU            largest outer IP packet in bytes                the route's
#   STAT_DURATION  seconds between statistics lines; 0 is off      30

# A number, so that Kubernetes can verify runAsNonRoot. The capability comes with the binary.
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/packet-forwarder"]
