#!/usr/bin/env bash
# python-osc 1.10.2: its threading and blocking UDP servers lose every message of more than 8,192 bytes, without
# an error or a word in the log. `max_packet_size`, an attribute that comes from the standard library's
# `UDPServer`, is what cuts it: a larger one lets it through. Seen with the threading one:
#   8,000 letters: received True
#   9,000 letters: received False
#   9,000 letters, with a larger max_packet_size: received True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q python-osc==1.10.2
"$folder/venv/bin/python" - <<'PYTHON'
import queue
import threading

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer
from pythonosc.udp_client import SimpleUDPClient


class LargerServer(ThreadingOSCUDPServer):
    max_packet_size = 65_507


def is_received(server_class, letters):
    """Whether it comes before a small message that is sent until one comes."""
    came = queue.Queue()
    dispatcher = Dispatcher()
    dispatcher.set_default_handler(lambda address, *words: came.put(address))
    with server_class(("127.0.0.1", 0), dispatcher) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = SimpleUDPClient("127.0.0.1", server.server_address[1])
        client.send_message("/large", "x" * letters)
        client.send_message("/end", 1)
        found = {came.get(timeout=20)}
        if "/large" not in found:
            try:
                found.add(came.get(timeout=3))
            except queue.Empty:
                pass
        server.shutdown()
    return "/large" in found


seen = {
    "8,000 letters": is_received(ThreadingOSCUDPServer, 8_000),
    "9,000 letters": is_received(ThreadingOSCUDPServer, 9_000),
    "9,000 letters, with a larger max_packet_size": is_received(LargerServer, 9_000),
}
for name, received in seen.items():
    print(f"{name}: received {received}")
assert list(seen.values()) == [True, False, True], seen
PYTHON
