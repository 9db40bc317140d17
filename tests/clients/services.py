"""Stands in for ActiveCampaign and Slack: accepts every contact, and invites everybody but the Grinch.

    services.py FILE

writes its address to FILE when it answers, and serves until it is stopped.
"""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Services(BaseHTTPRequestHandler):
    def do_POST(self):
        path = urlsplit(self.path).path
        form = parse_qs(self.rfile.read(int(self.headers.get("content-length", 0))).decode())
        if path == "/admin/api.php":
            self.answer({"result_code": 1, "subscriber_id": 7})
        elif path == "/api/users.admin.invite" and form["email"] == ["grinch@example.com"]:
            self.answer({"ok": False, "error": "already_invited"})
        elif path == "/api/users.admin.invite":
            self.answer({"ok": True})
        else:
            self.send_error(404)

    def answer(self, body):
        payload = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
pathlib.Path(sys.argv[1]).write_text(f"http://127.0.0.1:{server.server_port}")
server.serve_forever()
