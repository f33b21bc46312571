#!/usr/bin/env python3
"""What a build of packet-forwarder is made of: sbom.py BINARY RESOLVED FOLDER

Reads the program, Package.resolved and the sources that it names (beside BINARY's build folder, in checkouts), and writes
into FOLDER the bill of materials as CycloneDX 1.5 (packet-forwarder.cdx.json) and the licences of all that is linked
(THIRD_PARTY). What is linked statically is in the program; what is loaded when it starts is listed as such, with the
Debian package that it comes from here. The same inputs give the same files."""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# SPDX expressions of what comes from outside the package; the texts are beside them.
LICENCES = {
    "swift-argument-parser": "Apache-2.0 WITH Swift-exception",
    "swift-log": "Apache-2.0",
    "swift-runtime": "Apache-2.0 WITH Swift-exception",
    "libpcap": "BSD-3-Clause",
    "libyaml": "MIT",
    "glibc": "LGPL-2.1-or-later",
    "libgcc": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libstdc++": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libpcap0.8": "BSD-3-Clause",
    "libc6": "LGPL-2.1-or-later",
    "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
    # What Debian's libpcap is linked with; the image's needs none of these.
    "libcap2": "BSD-3-Clause OR GPL-2.0-only",
    "libdbus-1-3": "AFL-2.1 OR GPL-2.0-or-later",
    "libgcrypt20": "LGPL-2.1-or-later",
    "libgpg-error0": "LGPL-2.1-or-later",
    "liblz4-1": "BSD-2-Clause",
    "liblzma5": "LicenseRef-Public-Domain",
    "libsystemd0": "LGPL-2.1-or-later",
    "libzstd1": "BSD-3-Clause OR GPL-2.0-only",
}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def own_version():
    return run(os.path.join(ROOT, "scripts/version")).strip()


def component(name, version, purl, path=None, loaded=False, hashes=None):
    """A component, with its licence, and where the text of that lies."""
    entry = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "scope": "required"}
    entry["properties"] = [{"name": "packet-forwarder:linked", "value": "when started" if loaded else "statically"}]
    if hashes:
        entry["hashes"] = hashes
    if name in LICENCES:
        entry["licenses"] = [{"expression": LICENCES[name]}]
    return entry, path


def packages(resolved, checkouts):
    for pin in json.load(open(resolved, encoding="utf-8"))["pins"]:
        state, location = pin["state"], pin["location"].removesuffix(".git")
        version = state.get("version", state["revision"])
        purl = "pkg:swift/" + location.removeprefix("https://") + "@" + version
        folder = os.path.join(checkouts, pin["identity"])
        texts = [name for name in sorted(os.listdir(folder)) if name.upper().startswith(("LICENSE", "LICENCE"))]
        if not texts:
            sys.exit(f"sbom: {folder} has no licence")
        # Git's own name of the sources.
        yield component(
            pin["identity"], version, purl, os.path.join(folder, texts[0]),
            hashes=[{"alg": "SHA-1", "content": state["revision"]}])


def swift_runtime():
    text = run("swiftc", "--version")
    version = re.search(r"Swift version (\S+)", text).group(1)
    folder = os.path.dirname(os.path.dirname(os.path.realpath(run("sh", "-c", "command -v swiftc").strip())))
    path = os.path.join(folder, "share/swift/LICENSE.txt")
    return component(
        "swift-runtime", version, f"pkg:github/swiftlang/swift@swift-{version}-RELEASE",
        path if os.path.exists(path) else None)


def debian(name, package, loaded=False):
    version, architecture = run("dpkg-query", "-W", "-f", "${Version} ${Architecture}\n", package).split("\n")[0].split()
    quoted = version.replace(":", "%3A").replace("+", "%2B").replace("~", "%7E")
    purl = f"pkg:deb/debian/{package.replace('+', '%2B')}@{quoted}?arch={architecture}"
    return component(name, version, purl, f"/usr/share/doc/{package}/copyright", loaded)


def libraries(binary):
    """The C libraries: those that the loader finds, by their Debian packages, and those that are in the program."""
    header = run("readelf", "-lW", binary)
    found = {}
    if "INTERP" in header:
        paths = re.findall(r"(/\S+)", run("ldd", binary))
        for path in sorted({os.path.realpath(path) for path in paths}):
            # A file may be known by its name before /usr was merged.
            for name in (path, path.removeprefix("/usr")):
                try:
                    package = run("dpkg-query", "-S", name).split(":")[0]
                except subprocess.CalledProcessError:
                    continue
                found[package] = path
                break
            else:
                sys.exit(f"sbom: no package has {path}")
    for package in sorted(found):
        yield debian(package, package, loaded=True)
    if "libpcap0.8" not in found:
        version = run("pkg-config", "--modversion", "libpcap").strip()
        yield component(
            "libpcap", version, f"pkg:github/the-tcpdump-group/libpcap@libpcap-{version}",
            "/usr/share/doc/libpcap0.8-dev/copyright")
    # Always in the program.
    version = run("pkg-config", "--modversion", "yaml-0.1").strip()
    yield component("libyaml", version, f"pkg:github/yaml/libyaml@{version}", "/usr/share/doc/libyaml-dev/copyright")
    # A static program has the C libraries in it: the archives, and the Debian packages that these are from.
    if "INTERP" not in header:
        for name, archive in (("glibc", "libc.a"), ("libstdc++", "libstdc++.a"), ("libgcc", "libgcc_eh.a")):
            path = os.path.realpath(run("clang", "-print-file-name=" + archive).strip())
            yield debian(name, run("dpkg-query", "-S", path).split(":")[0])


def document(version, binary, components):
    digest = hashlib.sha256(open(binary, "rb").read()).hexdigest()
    reference = f"pkg:generic/packet-forwarder@{version}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": reference, "name": "packet-forwarder", "version": version,
                "purl": reference, "hashes": [{"alg": "SHA-256", "content": digest}],
                "licenses": [{"expression": "Apache-2.0"}],
                "properties": [{"name": "packet-forwarder:architecture", "value": platform.machine()}],
            }
        },
        "components": components,
        "dependencies": [{"ref": reference, "dependsOn": [entry["bom-ref"] for entry in components]}]
        + [{"ref": entry["bom-ref"]} for entry in components],
    }


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.splitlines()[0])
    binary, resolved, folder = sys.argv[1:]
    # The build folder is above .../release/packet-forwarder or .../x86_64-unknown-linux-gnu/release/packet-forwarder.
    above = os.path.dirname(os.path.abspath(binary))
    while not os.path.isdir(os.path.join(above, "checkouts")):
        if above == "/":
            sys.exit(f"sbom: no checkouts above {binary}")
        above = os.path.dirname(above)
    found = [*packages(resolved, os.path.join(above, "checkouts")), swift_runtime(), *libraries(binary)]
    os.makedirs(folder, exist_ok=True)
    version = own_version()
    with open(os.path.join(folder, "packet-forwarder.cdx.json"), "w", encoding="utf-8") as file:
        json.dump(document(version, binary, [entry for entry, _ in found]), file, indent=2)
        file.write("\n")
    with open(os.path.join(folder, "THIRD_PARTY"), "w", encoding="utf-8") as file:
        file.write(f"packet-forwarder {version} contains, or is loaded with:\n\n")
        for entry, _ in found:
            licence = entry.get("licenses", [{"expression": "see below"}])[0]["expression"]
            file.write(f"{entry['name']} {entry['version']}: {licence}\n")
        for entry, path in found:
            if path and os.path.exists(path):
                file.write(f"\n\n==== {entry['name']} ====\n\n{open(path, encoding='utf-8', errors='replace').read()}")


main()
