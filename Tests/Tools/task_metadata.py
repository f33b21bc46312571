"""ECS's task metadata endpoint: task_metadata.py ADDRESS PORT KIND. Says `ready`, then what is asked for, a line each.

KIND: good (as on Fargate), late (three errors first), mute (takes the request and says nothing), junk (sends without end)
"""
import json
import socketserver
import sys

ARN = "arn:aws:ecs:eu-west-1:123456789012:"
TASK = {
    "Cluster": ARN + "cluster/prod", "TaskARN": ARN + "task/prod/0123456789abcdef0123456789abcdef", "Family": "orders", "Revision": "3",
    "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING", "Limits": {"CPU": 0.25, "Memory": 512}, "AvailabilityZone": "eu-west-1b",
    "LaunchType": "FARGATE", "ServiceName": "orders-service", "ClockDrift": {"ClockErrorBound": 0.5, "ReferenceTimestamp": "2026-01-01T00:00:00Z"},
    "Containers": [{"DockerId": str(number), "Name": f"container-{number}", "Labels": {"a\"b": "\u00e9"}} for number in range(20)],
}
kind = sys.argv[3]
asked = 0


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        global asked
        line = self.rfile.readline().decode().strip()
        while self.rfile.readline().strip():
            pass
        asked += 1
        print(line, flush=True)
        if kind == "mute":
            self.rfile.read()
        elif kind == "junk":
            try:
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
                while True:
                    self.wfile.write(b"[" * 65_536)
            except OSError:
                pass
        elif kind == "late" and asked < 3:
            self.wfile.write(b"HTTP/1.0 500 Internal Server Error\r\n\r\n")
        elif line.startswith("GET /v4/0a1b/task "):
            body = json.dumps(TASK).encode()
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)
        else:
            self.wfile.write(b"HTTP/1.0 404 Not Found\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server((sys.argv[1], int(sys.argv[2])), Handler) as server:
    print("ready", flush=True)
    server.serve_forever()
