"""Tests of reading/fetching.py against a real server on 127.0.0.1; nothing here needs a network.

Each path of the server is one way to answer. PAYLOAD and its own sha256 stand in for the tune.
"""

import contextlib
import errno
import hashlib
import os
import socket
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reading import fetching
from reading.fetching import MAX_BYTES, METHENY_SHA256, METHENY_URL, ensure_tune

PAYLOAD = bytes(range(256)) * 150  # 38,400 bytes: more than two chunks
PAYLOAD_SHA256 = hashlib.sha256(PAYLOAD).hexdigest()
NAME = "tune.mid"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(self.path)
        with contextlib.suppress(OSError):  # the client hangs up, as it should, on a slow or too large answer
            self.answer(self.path)

    def answer(self, path):
        if path == "/missing":
            return self.send_error(404)
        if path == "/silent":
            return self.server.closing.wait(20)
        if path == "/moved":
            return self.send_head(302, Location="/whole")
        if path == "/too_large_told":
            return self.send_head(200, Content_Length=MAX_BYTES + 1)
        if path in ("/too_large_untold", "/no_length"):
            self.send_head(200)
            return self.wfile.write(bytes(MAX_BYTES + 1) if path == "/too_large_untold" else PAYLOAD)
        if path == "/chunks_cut_short":
            self.send_head(200, Transfer_Encoding="chunked")
            return self.wfile.write(b"%x\r\n" % len(PAYLOAD) + PAYLOAD[:1000])
        if path == "/drip_head":
            return self.drip(b"HTTP/1.0 200 OK\r\nX-Slow: " + b"x" * 1000)
        self.send_head(200, Content_Length=len(PAYLOAD))
        if path == "/drip":
            return self.drip(PAYLOAD)
        body = {"/cut_short": PAYLOAD[:1000], "/empty": b"", "/wrong": PAYLOAD[::-1]}.get(path, PAYLOAD)
        return self.wfile.write(body)

    def send_head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def drip(self, data):
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.server.closing.wait(0.1):
                return

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requested = []
        self.closing = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def told_in_one_line(capsys):
    out = capsys.readouterr().out
    assert out.startswith(f"fetching {NAME} ... ") and out.count("\n") == 1 and out.endswith("\n")
    return out.removeprefix(f"fetching {NAME} ... ").rstrip("\n")


@pytest.mark.parametrize("answer", ["/whole", "/no_length", "/moved"])
def test_complete_download_is_moved_into_place(server, tmp_path, capsys, answer):
    assert ensure_tune(tmp_path / NAME, server.address + answer, PAYLOAD_SHA256) is True
    assert (tmp_path / NAME).read_bytes() == PAYLOAD
    assert names_in(tmp_path) == [NAME]
    assert told_in_one_line(capsys) == "38,400 bytes ... done"


def test_path_may_be_text_and_its_folder_missing(server, tmp_path):
    path = tmp_path / "data" / NAME
    assert ensure_tune(str(path), server.address + "/whole", PAYLOAD_SHA256.upper()) is True
    assert names_in(tmp_path / "data") == [NAME]


def test_file_already_there_is_kept_and_the_server_not_asked(server, tmp_path, capsys):
    (tmp_path / NAME).write_bytes(b"a tune of the listener's own")
    assert ensure_tune(tmp_path / NAME, server.address + "/whole", PAYLOAD_SHA256) is True
    assert (tmp_path / NAME).read_bytes() == b"a tune of the listener's own"
    assert server.requested == [] and names_in(tmp_path) == [NAME]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("/cut_short", "failed: cut short: 1,000 of 38,400 bytes"),
        ("/empty", "failed: cut short: 0 of 38,400 bytes"),
        ("/chunks_cut_short", "failed: cut short"),
        ("/missing", "failed: HTTP Error 404: Not Found"),
        ("/too_large_told", "failed: more than 1,000,000 bytes"),
        ("/too_large_untold", "failed: more than 1,000,000 bytes"),
    ],
)
def test_failed_download_is_false_and_leaves_nothing(server, tmp_path, capsys, answer, reason):
    assert ensure_tune(tmp_path / "data" / NAME, server.address + answer, PAYLOAD_SHA256) is False
    assert server.requested == [answer]  # one attempt
    assert names_in(tmp_path) == []
    assert told_in_one_line(capsys) == reason


@pytest.mark.parametrize("answer", ["/drip", "/drip_head", "/silent"])
def test_slow_server_is_stopped_at_the_total_timeout(server, tmp_path, capsys, answer):
    start = time.monotonic()
    assert ensure_tune(tmp_path / NAME, server.address + answer, PAYLOAD_SHA256, timeout=1.0) is False
    assert 0.9 < time.monotonic() - start < 3.0
    assert names_in(tmp_path) == []
    assert told_in_one_line(capsys) == "failed: not complete within 1 s"


def test_hanging_name_look_up_is_stopped_at_the_total_timeout(server, tmp_path, capsys, monkeypatch):
    def hang(*args, **kwargs):
        server.closing.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    start = time.monotonic()
    assert ensure_tune(tmp_path / NAME, server.address + "/whole", PAYLOAD_SHA256, timeout=0.5) is False
    assert time.monotonic() - start < 2.5
    assert names_in(tmp_path) == []
    assert told_in_one_line(capsys) == "failed: not complete within 0.5 s"


def test_nothing_listening(server, tmp_path, capsys):
    with socket.socket() as unused:  # bound but not listening: its port refuses, and nobody else can take it
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/{NAME}"
        assert ensure_tune(tmp_path / NAME, url, PAYLOAD_SHA256) is False
    assert names_in(tmp_path) == []
    assert told_in_one_line(capsys) == f"failed: {os.strerror(errno.ECONNREFUSED)}"


@pytest.mark.parametrize("url", ["not an address", "http://", "http://[::1", "http://127.0.0.1:port/", "nowhere://x"])
def test_impossible_address_is_false(tmp_path, capsys, url):
    assert ensure_tune(tmp_path / NAME, url, PAYLOAD_SHA256, timeout=2.0) is False
    assert names_in(tmp_path) == []
    assert len(told_in_one_line(capsys)) > len("failed: ")


def test_wrong_content_is_an_error_and_not_kept(server, tmp_path, capsys):
    found = hashlib.sha256(PAYLOAD[::-1]).hexdigest()
    rule = rf"{server.address}/wrong: the tune must have sha256 {PAYLOAD_SHA256}, but .* {found}; .*{NAME}$"
    with pytest.raises(ValueError, match=rule):
        ensure_tune(tmp_path / NAME, server.address + "/wrong", PAYLOAD_SHA256)
    assert names_in(tmp_path) == []
    assert told_in_one_line(capsys) == "38,400 bytes ... wrong checksum"


def test_folder_that_cannot_be_written_is_false(server, tmp_path, capsys):
    (tmp_path / "data").write_text("a file where the folder should be")  # stops root too, unlike permissions
    assert ensure_tune(tmp_path / "data" / NAME, server.address + "/whole", PAYLOAD_SHA256) is False
    assert names_in(tmp_path) == ["data"]
    assert f"38,400 bytes ... failed: {tmp_path / 'data' / NAME}: cannot be written (" in told_in_one_line(capsys)


@pytest.mark.parametrize("error", [KeyboardInterrupt, PermissionError(errno.EACCES, "Permission denied")])
def test_no_temporary_file_stays_when_the_move_fails(server, tmp_path, capsys, monkeypatch, error):
    def stopped(aside, path):
        assert names_in(tmp_path) == [os.path.basename(aside)]  # aside means in the same folder
        raise error

    monkeypatch.setattr(os, "replace", stopped)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            ensure_tune(tmp_path / NAME, server.address + "/whole", PAYLOAD_SHA256)
        assert told_in_one_line(capsys) == "38,400 bytes ... interrupted"
    else:
        assert ensure_tune(tmp_path / NAME, server.address + "/whole", PAYLOAD_SHA256) is False
        assert "failed: " in (told := told_in_one_line(capsys)) and "cannot be written (Permission denied)" in told
    assert names_in(tmp_path) == []


def test_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.address)
    urllib.request.install_opener(None)  # urllib reads the proxies once: make it read them again
    try:
        assert ensure_tune(tmp_path / NAME, "http://tune.invalid/whole", PAYLOAD_SHA256) is True
    finally:
        urllib.request.install_opener(None)
    assert server.requested == ["http://tune.invalid/whole"]


def test_mistake_of_our_own_is_not_taken_for_being_offline(tmp_path, monkeypatch):
    def mistaken(url, timeout, deadline):
        raise TypeError("a mistake")

    monkeypatch.setattr(fetching, "read_url", mistaken)
    with pytest.raises(TypeError, match="a mistake"):
        ensure_tune(tmp_path / NAME, "http://127.0.0.1/", PAYLOAD_SHA256)


def test_address_is_pinned():
    assert METHENY_URL.startswith("https://") and "/d8d3f8225436c498560a7878bc893f9f5623ac77/" in METHENY_URL
    assert len(METHENY_SHA256) == 64
