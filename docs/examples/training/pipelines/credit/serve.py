"""Answers with the model's prediction.

GET /healthz                      ok
GET /model                        the model's weights, how it was trained, and a digest of both
GET /predict?income=1&debt=-0.5   the chance that this applicant pays back
Variables: MODEL (a folder), PORT.
"""
import hashlib
import json
import math
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def load(folder):
    try:
        files = [open(f"{folder}/{name}", "rb").read() for name in ("weights.json", "meta.json")]
        weights, meta = map(json.loads, files)
        weights["bias"] + weights["income"] + weights["debt"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        sys.exit(f"serve: {folder} is not a model: {error}")
    return weights, {"digest": hashlib.sha256(b"".join(files)).hexdigest()[:12], "weights": weights, "trained": meta}


class Server(ThreadingHTTPServer):
    daemon_threads = False  # at the end, requests under way are still answered


class Handler(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/healthz":
            self.answer(200, {"status": "ok"})
        elif url.path == "/model":
            self.answer(200, about)
        elif url.path == "/predict":
            self.predict(parse_qs(url.query))
        else:
            self.answer(404, {"error": f"no such path: {url.path}"})

    def predict(self, query):
        try:
            income, debt = float(query["income"][0]), float(query["debt"][0])
            z = weights["bias"] + weights["income"] * income + weights["debt"] * debt
            chance = 1 / (1 + math.exp(-max(z, -700)))
        except (KeyError, ValueError):
            self.answer(400, {"error": "income and debt must be numbers, as in /predict?income=1&debt=-0.5"})
            return
        self.answer(200, {"paysBack": round(chance, 3), "model": about["digest"]})

    def answer(self, status, value):
        body = (json.dumps(value) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        if self.path != "/healthz":
            print(f"serve: {self.path} {code}", flush=True)


weights, about = load(os.environ.get("MODEL", "/model"))
server = Server(("", int(os.environ.get("PORT", "8080"))), Handler)
# shutdown() waits for serve_forever, so it runs on a thread of its own.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"serve: model {about['digest']}", flush=True)
server.serve_forever()
server.server_close()
