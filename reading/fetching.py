"""Fetch the tune this project learns from, once, when it is not there yet.

The tune is third-party material and never committed, so a fresh copy of the project gets it here: one
attempt, bounded in time and size, checked by its sha256, moved into place only when whole. Being offline is
no error: the answer is False and the progress line says why, and our own tune stands in.

Conventions: times are seconds, sizes are bytes, a sha256 is 64 hexadecimal digits. Proxies are those that
`urllib` finds in the environment. The disk is not touched before a complete download has the right sha256.
"""

import hashlib
import http.client
import os
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from running.files import write_aside

METHENY_URL = (
    "https://raw.githubusercontent.com/adityachandupatla/artificial_music_generation/"
    "d8d3f8225436c498560a7878bc893f9f5623ac77/data/original_metheny.mid"
)
METHENY_SHA256 = "0da8322ceab36b036682b5ece0c315193f7b701a3340a0ca5a523b107c6f428d"
MAX_BYTES = 1_000_000  # the tune has 92,549: ten times that is some other file
CHUNK_BYTES = 16_384
ROOT = Path(__file__).resolve().parent.parent
METHENY, OURS = "data/original_metheny.mid", "data/our_tune.mid"


def find_tune(tune: str) -> Path:
    """The path of the tune; for the default one, fetched when it is missing, or our own in its place when offline."""
    path = Path(tune) if Path(tune).exists() else ROOT / tune
    if path.exists():
        return path
    if tune != METHENY:
        return Path(tune)
    if ensure_tune(path):
        return path
    print(
        f"{METHENY} is not there and could not be fetched: learning from our own {OURS} instead "
        "(data/README.md tells how to get the real one)"
    )
    return ROOT / OURS


def ensure_tune(path: str | Path, url: str = METHENY_URL, sha256: str = METHENY_SHA256, timeout: float = 10.0) -> bool:
    """Make sure a file is at `path`, fetching it from `url` if there is none; True if it is there afterwards.

    A file already there is neither fetched nor checked: a listener may put another tune in its place.
    Otherwise one attempt of at most `timeout` seconds in all (above 0), told in one line on stdout. False if
    offline, too slow, cut short, answered by an HTTP error or by more than MAX_BYTES, or if the folder (made
    when missing) cannot be written. Raises ValueError if a complete download has the wrong sha256.
    """
    path = Path(path)
    if os.path.exists(path):
        return True
    print(f"fetching {path.name} ... ", end="", flush=True)
    told = ""
    ending = "interrupted"  # how the line ends after Ctrl-C
    try:
        content = download(url, timeout)
        told = f"{len(content):,} bytes ... "
        found = hashlib.sha256(content).hexdigest()
        if found != sha256.lower():
            ending = "wrong checksum"
            raise ValueError(
                f"{url}: the tune must have sha256 {sha256}, but the {len(content):,} bytes received have "
                f"{found}; try again from another network, or put a MIDI file of your own at {path}"
            )
        try:
            write_aside(path, content)
        except ValueError as error:
            ending = f"failed: {error}"
            return False
        ending = "done"
        return True
    except OSError as error:
        ending = f"failed: {error.strerror or error}"
        return False
    finally:
        print(told + ending, flush=True)


def download(url: str, timeout: float) -> bytes:
    """The bytes at `url`; an OSError that says why in short if they cannot be had within `timeout` seconds.

    A socket's timeout starts anew with every byte and does not bind the name look-up, so a thread does the
    work and may be left behind. A daemon thread: Python would wait for any other before it exits.
    """
    outcome: list[bytes | Exception] = []
    deadline = time.monotonic() + timeout

    def work() -> None:
        try:
            outcome.append(read_url(url, timeout, deadline))
        except Exception as error:  # whatever it is, it is raised below, in the caller's thread
            outcome.append(error)

    thread = threading.Thread(target=work, name="fetching", daemon=True)
    thread.start()
    thread.join(timeout)
    result = outcome[0] if outcome else TimeoutError()
    if isinstance(result, bytes):
        return result
    if isinstance(result, urllib.error.HTTPError):
        result.close()  # this error is also an open connection
    cause = result.reason if type(result) is urllib.error.URLError else result
    if isinstance(cause, TimeoutError):
        raise OSError(f"not complete within {timeout:g} s") from result
    if isinstance(result, OSError | http.client.HTTPException | ValueError):  # ValueError: no address at all
        text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
        if isinstance(cause, http.client.IncompleteRead):  # from a server that sends chunks without a total
            text = "cut short"
        raise OSError(" ".join(text.split())[:100]) from result
    raise result


def read_url(url: str, timeout: float, deadline: float) -> bytes:
    """Read `url`, at most MAX_BYTES; give up at the first chunk after `deadline` (in `time.monotonic()`)."""
    content = bytearray()
    with urllib.request.urlopen(url, timeout=timeout) as response:
        expected = getattr(response, "length", None)  # Content-Length; None if the server does not tell
        while expected is None or len(content) < expected:
            if max(expected or 0, len(content)) > MAX_BYTES:
                raise OSError(f"more than {MAX_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError
            chunk = response.read1(CHUNK_BYTES)  # read() would wait until the whole chunk has dripped in
            if not chunk:
                break
            content += chunk
    if expected is not None and len(content) < expected:
        raise OSError(f"cut short: {len(content):,} of {expected:,} bytes")
    return bytes(content)
