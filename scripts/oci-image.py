#!/usr/bin/env python3
"""The container image as a file, without an engine: oci-image.py ROOT ARCHIVE VERSION ARCHITECTURE

ROOT is the file system that `scripts/image-root` makes, ARCHITECTURE as containers call it (amd64, arm64). ARCHIVE is a tar that
`docker load`, `podman load` and `skopeo copy oci-archive:` take: an OCI image layout, with the manifest of Docker's own older form
beside it. SOURCE_DATE_EPOCH is every date in it and REVISION the commit, so the same inputs give the same bytes."""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import time

PROGRAM = "usr/bin/packet-forwarder"
# What `setcap cap_net_raw+p` writes (struct vfs_cap_data): revision 2, permitted bit 13. Not effective: see CStart.
CAPABILITY = bytes.fromhex("00000002" "00200000" "00000000" "00000000" "00000000")


def member(name, epoch, kind=tarfile.REGTYPE, mode=0o644, size=0):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, size, epoch
    return entry


def layer(root, epoch):
    """The one layer: the files of ROOT by name, all of them root's."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder, folders, names in os.walk(root):
            folders.sort()
            inside = os.path.relpath(folder, root)
            if inside != ".":
                archive.addfile(member(inside, epoch, tarfile.DIRTYPE, 0o755))
            for name in sorted(names):
                path = os.path.join(folder, name)
                content = open(path, "rb").read()
                inner = os.path.normpath(os.path.join(inside, name))
                entry = member(inner, epoch, mode=0o755 if os.access(path, os.X_OK) else 0o644, size=len(content))
                if inner == PROGRAM:
                    entry.pax_headers = {"SCHILY.xattr.security.capability": CAPABILITY.decode("ascii")}
                archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: " + __doc__.splitlines()[0].split(": ", 1)[1])
    root, path, version, architecture = sys.argv[1:]
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
    blobs = {}

    def blob(kind, content):
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    plain = layer(root, epoch)
    packed = blob("layer.v1.tar+gzip", gzip.compress(plain, compresslevel=9, mtime=0))
    labels = {
        "org.opencontainers.image.title": "packet-forwarder",
        "org.opencontainers.image.description": "Mirrors live traffic to a collector over VXLAN, as a sidecar",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": created,
    }
    if os.environ.get("REVISION"):
        labels["org.opencontainers.image.revision"] = os.environ["REVISION"]
    configuration = blob("config.v1+json", json.dumps({
        "architecture": architecture, "os": "linux", "created": created,
        "config": {
            "User": "10001:10001", "Entrypoint": ["/" + PROGRAM], "StopSignal": "SIGTERM", "Labels": labels,
            "Env": ["PATH=/usr/bin"], "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]},
        "history": [{"created": created, "created_by": "packet-forwarder " + version}],
    }, sort_keys=True).encode())
    manifest = blob("manifest.v1+json", json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": configuration,
        "layers": [packed], "annotations": labels,
    }, sort_keys=True).encode())
    tag = "packet-forwarder:" + version
    index = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest | {
            "platform": {"architecture": architecture, "os": "linux"},
            "annotations": {"io.containerd.image.name": "docker.io/library/" + tag, "org.opencontainers.image.ref.name": tag},
        }],
    }
    place = lambda described: "blobs/sha256/" + described["digest"].removeprefix("sha256:")
    older = [{"Config": place(configuration), "RepoTags": [tag], "Layers": [place(packed)]}]
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("blobs", "blobs/sha256"):
            archive.addfile(member(name, epoch, tarfile.DIRTYPE, 0o755))
        files = {f"blobs/sha256/{digest}": content for digest, content in blobs.items()}
        files["index.json"] = json.dumps(index, sort_keys=True).encode()
        files["manifest.json"] = json.dumps(older, sort_keys=True).encode()
        files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
        for name in sorted(files):
            archive.addfile(member(name, epoch, size=len(files[name])), io.BytesIO(files[name]))
    print(f"{path}: {manifest['digest']}, {len(plain)} bytes unpacked, {packed['size']} packed")


main()
