# packet-forwarder as a container image: one static program and its papers.
#
#   make image                  with the labels, by docker, podman or buildah
#   docker build -t packet-forwarder .
#   docker build -t packet-forwarder:debug --build-arg BASE=debian:bookworm-slim .    # the same with a shell

# The builder, and what the run stage stands on. `scratch` has no shell and no packages to patch. To pin the builder, take the digest
# that `docker buildx imagetools inspect swift:6.3-bookworm` shows: --build-arg BUILDER=swift:6.3-bookworm@sha256:...
ARG BUILDER=swift:6.3-bookworm
ARG BASE=scratch

# build ---------------------------------------------------------------------------------------------
FROM ${BUILDER} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
# Of the release that the builder is, with what has been mended in it.
# hadolint ignore=DL3008
RUN apt-get update -qq; \
    apt-get install -y -qq --no-install-recommends make >/dev/null
COPY Makefile ./
COPY scripts scripts
# What changes less often than sources is a layer of its own: libpcap, then the packages.
RUN make static-libpcap
COPY Package.* ./
RUN swift package resolve --scratch-path .build-static
COPY Sources Sources
# The manifest names the test targets, so their folders must be there; nothing of them is compiled.
COPY Tests Tests
COPY LICENSE ./
RUN make static-root
# The version that the labels will have: that of the program, or none. The capability is set here, because a RUN in the last stage
# would store the program twice. It is not effective by itself, so that the program starts, and says what is missing, without it.
ARG VERSION=
RUN test -z "${VERSION}" -o "${VERSION}" = "$(scripts/version)"; \
    setcap cap_net_raw+p .build-image/usr/bin/packet-forwarder

# run -----------------------------------------------------------------------------------------------
FROM ${BASE}
ARG VERSION=
LABEL org.opencontainers.image.title="packet-forwarder" \
      org.opencontainers.image.description="Mirrors live traffic to a collector over VXLAN, as a sidecar" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /src/.build-image/ /

# The contract: variable, what it takes, default. docs/settings.md has the others.
#   BPF_FILTER     pcap-filter(7) expression                       everything
#   DESTINATION    host, IPv4 or [IPv6], each with optional :port  required
#   INTERFACE      `any`, a name, or a comma-separated list        any
#   MTU            largest outer IP packet in bytes                the route's
#   STAT_DURATION  seconds between statistics lines; 0 is off      30

# No HEALTHCHECK: ECS and Kubernetes do not look at an image's, and elsewhere it would start a process every half minute unasked.
# `packet-forwarder healthcheck` is there for whoever asks.

# A number, so that Kubernetes can verify runAsNonRoot. The capability comes with the program's file.
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/packet-forwarder"]
