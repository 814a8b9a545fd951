"""Runs DMTF's Redfish-Interop-Validator on a recorded tree, and prints what it came to.

Usage: validator.py TREE PROFILE [disk]

With `disk` the validator reads the tree itself (its option --mockup), which is faster than any
server; it then marks every resource with a warning.

TREE is a folder with redfish/v1/index.json in it; headers.json beside an index.json has the headers
of its answer. Prints a line of JSON for each requirement: resource, property path, outcome; the
resource is empty for what is asked of the service as a whole. The validator's own results are
printed, as its reports have them: it is only started and read here.
"""

import contextlib
import http.server
import importlib.metadata
import io
import json
import os
import sys
import threading

from redfish_interop_validator import logger, profile
from redfish_interop_validator.system_under_test import SystemUnderTest


def serve(tree):
    """Serves the tree on a free port of the loopback, and returns the port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits 40 ms for an acknowledgement.
        wbufsize = -1

        def log_message(self, *_arguments):
            pass

        def do_GET(self):
            # The validator asks for parents as //redfish/v1/…
            parts = [part for part in self.path.split("?")[0].split("/") if part not in ("", ".", "..")]
            folder = os.path.join(tree, *parts)
            try:
                with open(os.path.join(folder, "index.json"), "rb") as file:
                    status, body = 200, file.read()
            except OSError:
                status, body = 404, b"{}"
            headers = {}
            with contextlib.suppress(OSError):
                with open(os.path.join(folder, "headers.json"), encoding="utf-8") as file:
                    headers = json.load(file)
                    headers = headers.get("GET", headers)
            self.send_response(status)
            for name in headers:
                if name.lower() == "allow":
                    self.send_header(name, headers[name])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    tree, path = sys.argv[1:3]
    mockup = tree if sys.argv[3:] == ["disk"] else None
    version = importlib.metadata.version("redfish_interop_validator")
    print(json.dumps({"validator": version}))
    port = serve(tree)
    noise = io.StringIO()
    with contextlib.redirect_stdout(noise):
        logger.logger = None
        try:
            profile.load_profile(os.path.dirname(path) or ".", os.path.basename(path))
        except Exception as error:
            sys.exit(f"{noise.getvalue()}{error}")
        limit = ["LogEntry", "20"]
        sut = SystemUnderTest(
            f"http://127.0.0.1:{port}", "user", "password", None, "Basic", None, None, mockup, limit, False
        )
        sut.validate(None, "/redfish/v1/", "/redfish/v1/")
        sut.apply_global_checks()
    rows = []
    for uri, resource in sut._resources.items():
        for place, result in resource["Results"].items():
            rows.append([uri.rstrip("/"), place, result["Result"].name])
    for kind, result in sut._service_resource_results["Results"].items():
        rows.append(["", kind, result["Result"].name])
    for row in sorted(rows):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
