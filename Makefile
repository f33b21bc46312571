# packet-forwarder. `make` lists the targets; on a fresh Debian with Swift each of them sets up what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where SwiftPM builds, and the image's name. The engine is docker, podman or buildah, whichever is there.
SCRATCH ?= .build
IMAGE ?= packet-forwarder
ENGINE ?=
# Per target.
FUZZ_SECONDS ?= 60
SOAK_MINUTES ?= 20
SOAK_SEED ?=

swift_sources = $(wildcard Package.swift Sources Tests bench fuzz)
# Where Terraform's provider is, where it cannot be fetched.
export TF_PLUGINS ?=

shell_scripts = .ci/run deploy/collector/install-mirror-target deploy/deb/build $(wildcard deploy/deb/debian/*.p*rm) fuzz/run $(shell grep -l '^.!/usr/bin/env bash' scripts/*) \
  Tests/Golden/inject/make Tests/Tools/old_kernel_init.sh Tests/Tools/rehearse.sh

# The binary needs no Swift runtime where it is copied to, and looks for libraries only where the loader does.
release = -c release --scratch-path $(SCRATCH) --product packet-forwarder --static-swift-stdlib --disable-local-rpath
# This one needs no library at all, and still is loaded at another address each time; gold cannot link it. Its 46,000 addresses to be
# relocated take a bit each instead of 24 bytes.
static = -c release --scratch-path $(SCRATCH)-static --product packet-forwarder --static-swift-stdlib --disable-local-rpath \
  $(addprefix -Xswiftc ,-static-executable -use-ld=lld -Xclang-linker -static-pie) -Xlinker --pack-dyn-relocs=relr
# lint and test use the same flags, so that what one has built is not built again by the other.
checked = --scratch-path $(SCRATCH) -Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error
# On the command line, because the product's modules are to be instrumented too; gold cannot link it.
fuzzing = -c release --package-path fuzz -Xswiftc -enable-testing -Xswiftc -use-ld=lld
fuzzing_fast = $(fuzzing) --scratch-path $(abspath $(SCRATCH)-fuzz-fast) -Xswiftc -sanitize=fuzzer
fuzzing_address = $(fuzzing) --scratch-path $(abspath $(SCRATCH)-fuzz-address) -Xswiftc -sanitize=fuzzer,address
# Reports of a program that a test runs do not show in the test's own status: they go to files, and a file is a failure.
# The Swift runtime's backtracer would hang on a crash.
thread_reports = $(abspath $(SCRATCH)-tsan/report)
# What a sanitizer needs, its files among it, the sandbox forbids.
sanitized = SWIFT_BACKTRACE=enable=no SANDBOX=off \
  TSAN_OPTIONS="exitcode=66 log_path=$(thread_reports) suppressions=$(abspath Tests/threads.supp)" ASAN_OPTIONS="exitcode=66" \
  LSAN_OPTIONS="suppressions=$(abspath Tests/leaks.supp) print_suppressions=0"
or_show_reports = || { cat $(thread_reports).* >&2; exit 1; }

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## install the Debian packages that building, testing and linting need
	@scripts/setup build test judge lint

.PHONY: build
build: ## release build: .build/release/packet-forwarder
	@scripts/setup build
	swift build $(release)

.PHONY: demo
demo: build ## forwarder and collector on loopback; Ctrl-C ends it (20 packets when not on a terminal)
	@inside=(); [ "$$(id -u)" -eq 0 ] || inside=(scripts/with-namespaces); \
	arguments=(); [ -t 1 ] || arguments=(--count 20); \
	exec "$${inside[@]}" $(SCRATCH)/release/packet-forwarder demo "$${arguments[@]}"

.PHONY: test
test: ## every test; end to end with the release build, in network namespaces
	@scripts/setup build test judge
	swift build $(release)
	swift build --build-tests $(checked)
	scripts/check-binary $(SCRATCH)/release/packet-forwarder
	PACKET_FORWARDER=$(abspath $(SCRATCH)/release/packet-forwarder) scripts/with-namespaces \
	  swift test --skip-build $(checked)

.PHONY: test-deploy
test-deploy: $(SCRATCH)-deploy/ready ## CloudFormation, Terraform, Kubernetes, inject, costs and the scale model, without an account (three minutes)
	@scripts/setup deploy
	@[ -n "$${PACKET_FORWARDER:-}" ] || $(MAKE) build
	cd deploy/tests && PACKET_FORWARDER="$${PACKET_FORWARDER:-$(abspath $(SCRATCH)/release/packet-forwarder)}" \
	  timeout 900 $(abspath $(SCRATCH)-deploy/tools/bin/python) -m pytest -q -rs -p no:cacheprovider

# The tools in two environments, pinned; made again when the pins change.
$(SCRATCH)-deploy/ready: deploy/tests/requirements.txt deploy/tests/requirements-checkov.txt
	@scripts/setup deploy
	rm -rf $(SCRATCH)-deploy && mkdir -p $(SCRATCH)-deploy
	python3 -m venv $(SCRATCH)-deploy/tools && $(SCRATCH)-deploy/tools/bin/pip install -q -r deploy/tests/requirements.txt
	python3 -m venv $(SCRATCH)-deploy/checkov && $(SCRATCH)-deploy/checkov/bin/pip install -q -r deploy/tests/requirements-checkov.txt
	touch $@

.PHONY: scale
scale: $(SCRATCH)-deploy/ready ## the figures, tables and pictures of bench/scale and deploy, written anew
	@scripts/setup deploy
	$(SCRATCH)-deploy/tools/bin/python bench/scale/report.py
	$(SCRATCH)-deploy/tools/bin/python deploy/tests/picture.py >docs/private-vpc.dot
	dot -Tsvg docs/private-vpc.dot >docs/private-vpc.svg

.PHONY: test-kernel
test-kernel: ## mirror on Debian's 6.1 kernel in an emulator, and judge what was recorded there (five minutes)
	@scripts/setup build test kernel
	swift build $(release)
	swift build --build-tests $(checked)
	scripts/boot-old-kernel $(SCRATCH)/release/packet-forwarder $(SCRATCH)-kernel
	OLD_KERNEL_RECORDINGS=$(abspath $(SCRATCH)-kernel/recordings) swift test --skip-build $(checked) --filter OldKernel

.PHONY: format
format: ## rewrite the Swift sources in the project's format
	swift format format --in-place --parallel --recursive $(swift_sources)

# Tools from PyPI, pinned; made again when the pins change.
$(SCRATCH)-tools/ready: scripts/requirements.txt
	@scripts/setup lint
	rm -rf $(SCRATCH)-tools
	python3 -m venv $(SCRATCH)-tools && $(SCRATCH)-tools/bin/pip install -q -r $<
	touch $@

.PHONY: lint
lint: ## format, shell scripts, JSON, and a build in which every warning is an error
	@scripts/setup build test lint
	swift format lint --strict --parallel --recursive $(swift_sources)
	shellcheck $(shell_scripts)
	for file in deploy/ecs/*.json; do python3 -m json.tool "$$file" >/dev/null; done
	swift build --build-tests $(checked)

.PHONY: lint-image
lint-image: $(SCRATCH)-tools/ready ## Dockerfile and workflows, by tools from PyPI
	$(SCRATCH)-tools/bin/hadolint Dockerfile
	$(SCRATCH)-tools/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(SCRATCH)-tools/bin/zizmor --quiet --offline .github/workflows

.PHONY: fuzz
fuzz: ## libFuzzer on every parser and the packet path, without and with AddressSanitizer, FUZZ_SECONDS (60) each
	@scripts/setup build
	$(MAKE) build-fuzz
	swift build $(fuzzing_address)
	for target in wire ring encapsulation flows collector; do \
	  for build in fast address; do \
	    fuzz/run $$target $$build $(SCRATCH)-fuzz-$$build/release/fuzz-$$target $(FUZZ_SECONDS) $(SCRATCH)-fuzz-work; \
	  done; \
	done

.PHONY: build-fuzz
build-fuzz: ## the fuzz targets, without AddressSanitizer
	@scripts/setup build
	swift build $(fuzzing_fast)

.PHONY: sanitize
sanitize: ## ThreadSanitizer over the unit tests and an end-to-end run, AddressSanitizer over the unit tests
	@scripts/setup build test judge
	rm -f $(thread_reports).*
	swift build --build-tests --sanitize=thread --scratch-path $(SCRATCH)-tsan
	$(sanitized) swift test --skip-build --sanitize=thread --scratch-path $(SCRATCH)-tsan --skip EndToEndTests \
	  $(or_show_reports)
	swift build -c release --sanitize=thread --scratch-path $(SCRATCH)-tsan --product packet-forwarder
	$(sanitized) PACKET_FORWARDER=$(abspath $(SCRATCH)-tsan/release/packet-forwarder) scripts/with-namespaces \
	  swift test --skip-build --sanitize=thread --scratch-path $(SCRATCH)-tsan --filter HTTPMirrorTests \
	  $(or_show_reports)
	@! cat $(thread_reports).* 2>/dev/null || { echo "sanitize: data races" >&2; exit 1; }
	swift build --build-tests --sanitize=address --scratch-path $(SCRATCH)-asan
	$(sanitized) swift test --skip-build --sanitize=address --scratch-path $(SCRATCH)-asan --skip EndToEndTests

.PHONY: sbom
sbom: build ## bill of materials (CycloneDX) and licences of what is linked, in .build-sbom
	scripts/sbom.py $(SCRATCH)/release/packet-forwarder Package.resolved $(SCRATCH)-sbom

.PHONY: soak
soak: build ## twenty minutes under changing load with faults at random: nothing may grow, crash or go missing
	@scripts/setup bench test
	bench/soak $(SCRATCH)/release/packet-forwarder --minutes $(SOAK_MINUTES) $(if $(SOAK_SEED),--seed $(SOAK_SEED))

.PHONY: bench
bench: ## measure, print the tables, draw the plots (see bench/README.md); an hour, or less with -C bench quick
	@scripts/setup build bench
	$(MAKE) -C bench

.PHONY: build-bench
build-bench: ## the benches and what they measure, without running them
	@scripts/setup build bench
	swift build -c release --package-path bench --scratch-path $(SCRATCH)-bench
	swift build -c release --package-path bench/micro --scratch-path $(SCRATCH)-micro
	for source in plain/forwarder plain/batched load/udp load/delay; do \
	  $(CC) -O2 -Wall -Wextra -Werror -o $(SCRATCH)-bench/$$(basename $$source) bench/$$source.c -lpcap -lpthread; \
	done

.PHONY: docs
docs: ## the reference of every module, from its doc comments, into .build-docs; a warning fails
	@scripts/setup build
	scripts/docs $(SCRATCH)-docs $(SCRATCH)

.PHONY: manuals
manuals: build ## manual pages, one for each command, in .build-manuals
	scripts/manuals $(SCRATCH)/release/packet-forwarder $(SCRATCH)-manuals

.PHONY: static-libpcap
static-libpcap:
	@scripts/setup build static
	scripts/static-libpcap $(SCRATCH)-libpcap

# Without what differs by the folder that it was built in, hashes of paths. Not by binutils' strip, which loses RELRO here.
.PHONY: static
static: static-libpcap ## the program without symbols, for any Linux: .build-static/packet-forwarder needs no library
	PKG_CONFIG_PATH=$(abspath $(SCRATCH)-libpcap)/lib/pkgconfig swift build $(static)
	llvm-objcopy --strip-all --remove-section .swift_modhash --remove-section .note.gnu.build-id \
	  $(SCRATCH)-static/release/packet-forwarder $(SCRATCH)-static/packet-forwarder
	scripts/check-binary --static $(SCRATCH)-static/release/packet-forwarder $(SCRATCH)-static/packet-forwarder
	PKG_CONFIG_PATH=$(abspath $(SCRATCH)-libpcap)/lib/pkgconfig \
	  scripts/sbom.py $(SCRATCH)-static/packet-forwarder Package.resolved $(SCRATCH)-static/bill

# What is in the image.
.PHONY: static-root
static-root: static
	scripts/image-root $(SCRATCH)-static/packet-forwarder $(SCRATCH)-static/bill $(SCRATCH)-image

.PHONY: image
image: ## container image, with docker, podman or buildah (ENGINE, IMAGE, BUILDER, BASE)
	scripts/image $(IMAGE)

.PHONY: test-image
test-image: static-root ## the image in every way that it is run, with real traffic judged by tshark (three minutes); as root
	@scripts/setup image
	scripts/oci-image.py $(SCRATCH)-image $(SCRATCH)-containers/image.tar
	scripts/test-image $(SCRATCH)-containers/image.tar $(SCRATCH)-containers

.PHONY: artifacts
artifacts: static-root deb ## all that is published, unsigned, in .build-release
	scripts/release collect $(SCRATCH) $(SCRATCH)-release

.PHONY: release
release: ## what is published, with checksums signed by RELEASE_KEY (a key of gpg's)
	@scripts/release key
	$(MAKE) artifacts
	scripts/release sign $(SCRATCH)-release

.PHONY: test-release
test-release: artifacts $(SCRATCH)-tools/ready ## what is published on bare systems: Debian, Ubuntu, one without a C library; as root
	@scripts/setup image
	$(SCRATCH)-tools/bin/python scripts/validate-bill.py $(SCRATCH)-release/*.cdx.json
	scripts/test-release $(SCRATCH)-release $(SCRATCH)-roots

# libpcap is in the packaged program, so that it runs where none is installed. Only linking differs from `make build`.
.PHONY: deb
deb: ## Debian packages of both services, in .build-deb
	@scripts/setup build deb
	scripts/static-libpcap $(SCRATCH)-libpcap
	PKG_CONFIG_PATH=$(abspath $(SCRATCH)-libpcap)/lib/pkgconfig swift build $(release)
	scripts/check-binary $(SCRATCH)/release/packet-forwarder
	deploy/deb/build $(SCRATCH)/release/packet-forwarder $(SCRATCH)-deb

.PHONY: test-deb
test-deb: deb ## the packages in a Debian with systemd of its own: install, mirror, upgrade, purge; as root
	DEB_REVISION=2 deploy/deb/build $(SCRATCH)/release/packet-forwarder $(SCRATCH)-deb-newer
	scripts/test-deb $(SCRATCH)-deb $(SCRATCH)-deb-newer $(SCRATCH)-machine

.PHONY: clean
clean: ## remove what was built
	rm -rf $(SCRATCH) $(SCRATCH)-bench $(SCRATCH)-deb $(SCRATCH)-deb-newer $(SCRATCH)-libpcap $(SCRATCH)-machine $(SCRATCH)-deploy $(SCRATCH)-docs $(SCRATCH)-manuals $(SCRATCH)-sbom $(SCRATCH)-micro $(SCRATCH)-static \
	  $(SCRATCH)-image $(SCRATCH)-containers $(SCRATCH)-release $(SCRATCH)-tools $(SCRATCH)-roots $(SCRATCH)-fuzz-* $(SCRATCH)-tsan $(SCRATCH)-asan $(SCRATCH)-kernel fuzz/.build bench/.build bench/micro/.build
