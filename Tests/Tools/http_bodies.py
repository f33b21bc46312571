"""Puts HTTP responses together from a capture, by tshark's dissection and the sequence numbers it prints.

http_bodies.py CAPTURE PORT FOLDER     the body of each connection's response from PORT becomes a file in FOLDER

tshark's own reassembly (--export-objects) gives up now and then on a stream of which every byte is there, if
its segments came in another order or twice. Here a gap, or a byte that comes twice and differs, is an error.
"""
import pathlib
import subprocess
import sys

capture, port, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
folder.mkdir(parents=True)
rows = subprocess.run(
    ["tshark", "-n", "-r", capture, "-o", "tcp.relative_sequence_numbers:TRUE", "-o", "tcp.desegment_tcp_streams:FALSE",
     "-Y", f"tcp.srcport == {port} && tcp.len > 0", "-T", "fields", "-e", "tcp.stream", "-e", "tcp.seq", "-e", "tcp.payload"],
    stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
streams = {}
for row in rows:
    stream, sequence, payload = row.split("\t")
    streams.setdefault(int(stream), []).append((int(sequence), bytes.fromhex(payload.replace(":", ""))))
for stream, segments in streams.items():
    whole = bytearray()
    for sequence, payload in sorted(segments):
        start = sequence - 1
        if start > len(whole):
            sys.exit(f"stream {stream}: {start - len(whole)} bytes are missing from byte {len(whole)} on")
        known = whole[start:start + len(payload)]
        if known != payload[:len(known)]:
            sys.exit(f"stream {stream}: other bytes at {start} the second time")
        whole += payload[len(known):]
    head, blank, body = bytes(whole).partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"HTTP/1."):
        sys.exit(f"stream {stream}: no response, but {head[:40]!r}")
    (folder / str(stream)).write_bytes(body)
