"""Receives the datagrams of sd_notify(3) at the address of the first argument (a path, or @ and an abstract name), and prints each as a line of JSON."""

import json
import socket
import sys
import time

address = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\0" + address[1:] if address.startswith("@") else address)
print(json.dumps({"BOUND": address}), flush=True)
while True:
    message = receiver.recv(65536).decode()
    fields = dict(line.split("=", 1) for line in message.split("\n"))
    fields["receivedUsec"] = time.monotonic_ns() // 1000
    print(json.dumps(fields), flush=True)
