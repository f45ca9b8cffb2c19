"""A set of files that belong together: made aside, then put in place as one.

Files are written into a folder of their own beside the older ones. As soon as all are there, that folder gets another
name, and from this moment the new set counts: its files move to their places, and the manifest, which lists them with
their digests, comes last. What ends the program before leaves the older set whole; what ends it later is made up for by
the next run (`settle`). Files of the older set that the new one does not replace go with it, unless they were changed.
Of several runs that end at once in one folder, one moves its files after the other.

Left to others: what is in the files. Power that fails while the system still writes is not provided for.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
from pathlib import Path

from running.ending import at_the_end, not_at_the_end, put_off
from running.files import check_folder, is_abandoned, take_away_parts, write_aside

MAKING, MADE, OLD = ".making", ".made", "old"  # folders: the first two with the number of the process that works on it
LONGEST_MOVE = 10  # seconds
ELSEWHERE = "is there room, and may it be written? If not, choose another folder"


class FileSet:
    """Files to come in `folder`, made when missing; `manifest` is the name of the file that lists them. As a context:
    what was not put in place inside goes.

    Raises ValueError where the folder cannot be written.
    """

    def __init__(self, folder: str | os.PathLike, manifest: str):
        self.folder, self.manifest = check_folder(folder), manifest
        settle(self.folder, manifest)
        self._making, self._made = (self.folder / f"{name}.{os.getpid()}" for name in (MAKING, MADE))
        self._digests: dict[str, str] = {}
        at_the_end(self.discard)

    def __enter__(self) -> "FileSet":
        return self

    def __exit__(self, *_) -> None:
        self.discard()

    @property
    def names(self) -> list[str]:
        """The files that were written, in this order, the manifest last."""
        return list(self._digests)

    def write(self, name: str, content: bytes) -> Path:
        """Write one file aside, and return where it is until all are there. Raises ValueError where that fails."""
        write_aside(self._making / name, content)
        self._digests[name] = hashlib.sha256(content).hexdigest()
        return self._making / name

    def put_in_place(self, facts: dict) -> list[str]:
        """Let the new set count, with `facts` in its manifest; returns the names of the older files that went.

        Raises ValueError where the system refuses it, and then the older set is as it was.
        """
        digests = dict(sorted(self._digests.items()))
        for name in (*digests, self.manifest):
            if (self.folder / name).is_dir():
                raise ValueError(f"{self.folder / name}: cannot be written, it is a folder; choose another one")
        self.write(self.manifest, (json.dumps(facts | {"files": digests}, indent=1) + "\n").encode())
        try:
            with _alone_in(self.folder), put_off():
                _make_up_for(self.folder, self.manifest)  # or what another run had begun would be moved over this
                os.replace(self._making, self._made)
                return _move(self._made, self.folder, self.manifest)
        except OSError as error:
            raise ValueError(f"{self.folder}: cannot be written ({error.strerror}); {ELSEWHERE}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Let what was made go."""
        for folder in (self._making, self._made):
            shutil.rmtree(folder, ignore_errors=True)
        not_at_the_end(self.discard)


def settle(folder: Path, manifest: str) -> None:
    """Put in order what runs that were killed have left: a set that counted is put in place, any other goes."""
    with contextlib.suppress(OSError), _alone_in(folder):
        _make_up_for(folder, manifest)
    take_away_parts(folder)


def _make_up_for(folder: Path, manifest: str) -> None:
    for left in (*folder.glob(f"{MADE}.*"), *folder.glob(f"{MAKING}.*")):
        if is_abandoned(left):
            with contextlib.suppress(OSError, ValueError, LookupError):
                if left.name.startswith(MADE):
                    _move(left, folder, manifest)
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _alone_in(folder: Path):
    """Inside, no other run moves files of this folder. Raises OSError where one does not come to an end."""
    until = time.monotonic() + LONGEST_MOVE
    while True:
        try:
            lock = _lock(folder)
            break
        except (BlockingIOError, FileExistsError, PermissionError) as error:
            if time.monotonic() > until:
                raise OSError(error.errno, "another run does not come to an end there") from error
            time.sleep(0.01)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """What is locked until it is closed, or the process ends; None where the file system has no locks."""
    if os.name == "nt":  # a file that is there as long as it is open
        return os.open(folder / ".lock", os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)
    import fcntl

    opened = None
    try:
        opened = os.open(folder, os.O_RDONLY)
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return opened
    except OSError as error:
        if opened is not None:
            os.close(opened)
        if isinstance(error, BlockingIOError):
            raise
        return None


def _move(made: Path, folder: Path, manifest: str) -> list[str]:
    """Move every file to its place, the manifest last, and older ones out of it; the names of those that only went.

    It may be ended after any step, and done again. If the system refuses a step, those before it are taken back.
    """
    new, before = json.loads((made / manifest).read_bytes())["files"], _files_of(folder / manifest)
    gone = [name for name, digest in before.items() if name not in new and _digest_of(folder / name) == digest]
    (made / OLD).mkdir(exist_ok=True)
    steps = []

    def step(source: Path, target: Path) -> None:
        os.replace(source, target)
        steps.append((source, target))

    try:
        for name in gone:
            step(folder / name, made / OLD / name)
        for name in (*new, manifest):
            if (made / name).exists():  # or it was moved before
                if os.path.lexists(folder / name):
                    step(folder / name, made / OLD / name)
                step(made / name, folder / name)
    except OSError:
        for source, target in reversed(steps):
            with contextlib.suppress(OSError):
                os.replace(target, source)
        raise
    shutil.rmtree(made, ignore_errors=True)
    return gone


def _files_of(manifest: Path) -> dict[str, str]:
    """The files that a manifest lists, with their digests; none where there is no manifest, or not one of ours."""
    try:
        files = json.loads(manifest.read_bytes())["files"]
        names = [name for name in files if Path(name).name == name and name not in ("..", manifest.name)]
        return {name: str(files[name]) for name in names}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _digest_of(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
