"""Takes the name of a forwarder that sends from UDP ports FIRST to LAST, as user USER, until it is killed."""

import os
import signal
import socket
import sys

first, last, user = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.setuid(user)
name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
name.bind(f"\0packet-forwarder/0123456789abcdef/{first}-{last}")
name.listen()
print("ready", flush=True)
signal.pause()
