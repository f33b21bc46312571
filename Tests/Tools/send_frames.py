#!/usr/bin/env python3
"""Puts raw Ethernet frames on an interface: send_frames.py INTERFACE FRAME...; each frame in hexadecimal."""

import socket
import sys

with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as interface:
    interface.bind((sys.argv[1], 0))
    for frame in sys.argv[2:]:
        interface.send(bytes.fromhex(frame))
