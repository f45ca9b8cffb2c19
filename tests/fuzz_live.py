"""Ask a page that plays along for many odd things, and check that it answers and goes on. Run by hand, as long as
wanted (see `fuzzing.py`); nothing guides it, as the server is another process.

Bytes that are no request, requests with odd heads, paths and bodies, and wishes with odd settings. Each is answered
with a status that says so, within the time, and a plain wish is still granted afterwards. `test_live.py` checks some in
the same way.
"""

import json
import random
import socket
import tempfile
import time
from pathlib import Path

from fuzz_kept import odd
from fuzzing import fuzz

SETTINGS = {"temperature": "1.1", "tempo": "120", "key": "3", "choruses": "1", "chords": "Dm7 | G7", "density": "1"}
WISH = {"settings": SETTINGS, "keep": {"take": "1", "bars": "1-2"}}
PATHS = ("", "play", "save", "takes/1/my_music.midi", "takes/9/my_music.mp3", "../x", "%00", "takes//", "\u00e9")
SECONDS = 20


def ask(served, request: bytes) -> int:
    """The status of the answer to some bytes, 0 where the other side only hangs up."""
    host, _, port = served.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def odd_request(served, generator: random.Random) -> bytes:
    """A request, more or less."""
    body = json.dumps(odd(WISH, generator)).encode() if generator.random() < 0.7 else generator.randbytes(300)
    path = generator.choice((served.path + "play",) * 6 + tuple(served.path + one for one in PATHS) + PATHS)
    heads = {
        "Host": generator.choice((served.host,) * 9 + ("evil.example", "")),
        "Origin": generator.choice((f"http://{served.host}",) * 9 + ("http://evil.example", "null")),
        "Content-Type": generator.choice(("application/json",) * 9 + ("text/plain", "x" * 9000)),
        "Content-Length": generator.choice((str(len(body)),) * 9 + ("-1", "99999999999", "x")),
        "Connection": "close",
    }
    method = generator.choice(("POST",) * 8 + ("GET", "PUT", "OPTIONS", "\u00e9"))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in heads.items())]
    request = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
    return request if generator.random() < 0.9 else generator.randbytes(200) + request


def check(served, generator: random.Random) -> int:
    """One odd thing: refused, or granted."""
    began = time.monotonic()
    status = ask(served, odd_request(served, generator))
    assert status in (0, 200, 204, 308) or 400 <= status < 500 or status == 501, status
    assert time.monotonic() - began < SECONDS
    return status


if __name__ == "__main__":
    from test_live import MIDI_ONLY, serve

    with tempfile.TemporaryDirectory() as folder:
        served = serve(Path(folder), *MIDI_ONLY)
        try:
            fuzz(lambda generator: check(served, generator), seconds_each=60)
            served.play(seed=5)
        finally:
            served.process.kill()
