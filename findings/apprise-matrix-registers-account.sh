#!/usr/bin/env bash
# apprise 2.3.0: a Matrix address whose password the server refuses does not end there. Told "no" at /login, apprise asks the
# same server to REGISTER an account of that name with that password. On a server with open registration a mistyped user
# name makes a new account and the message is sent by it; elsewhere the owner of the address sees a registration they have
# not asked for. Seen, for one notify() with a wrong password, on a server that refuses both:
#   /login   m.login.password
#   /register   m.login.dummy
#   truth of the answer: False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q apprise==2.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import apprise

asked = []


class Homeserver(BaseHTTPRequestHandler):
    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        kind = sent.get("type") or sent.get("auth", {}).get("type")
        asked.append((self.path.split("?")[0].rsplit("/", 1)[-1], kind))
        self.answer(403, {"errcode": "M_FORBIDDEN", "error": "Invalid username or password"})

    def do_GET(self):
        self.answer(404, {"errcode": "M_UNRECOGNIZED"})

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Homeserver)
threading.Thread(target=server.serve_forever, daemon=True).start()
sender = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
assert sender.add(f"matrix://visitor:wrong-password@127.0.0.1:{server.server_port}/#room?e2ee=no")
answer = sender.notify(body="a message", title="a title")
for path, kind in asked:
    print(f"/{path}   {kind}")
print("truth of the answer:", bool(answer))
assert asked == [("login", "m.login.password"), ("register", "m.login.dummy")], asked
assert not answer
PYTHON
