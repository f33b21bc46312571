"""EC2's instance metadata service, version 2: instance_metadata.py ADDRESS PORT ZONE REGION. Says `ready`.

Without a token that it has given it answers 401, as EC2 does.
"""
import http.server
import secrets
import sys

address, port, zone, region = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
PLACES = {"/latest/meta-data/placement/availability-zone": zone, "/latest/meta-data/placement/region": region}
tokens = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def say(self, status, text=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):
        if self.path != "/latest/api/token" or not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "").isdigit():
            return self.say(400)
        tokens.add(secrets.token_urlsafe(40) + "==")
        self.say(200, max(tokens))

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") not in tokens:
            return self.say(401)
        self.say(200, PLACES[self.path]) if self.path in PLACES else self.say(404)


server = http.server.ThreadingHTTPServer((address, port), Handler)
print("ready", flush=True)
server.serve_forever()
