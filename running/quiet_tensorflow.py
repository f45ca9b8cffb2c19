"""TensorFlow and Keras, imported without their start-up chatter: `from running.quiet_tensorflow import keras, tf`.

The C++ side writes its first lines straight to file descriptor 2, before any logging setting counts, so that descriptor
is turned away while the import runs. If the import fails, all that was said is shown.
"""

import os
import sys
import tempfile
from contextlib import contextmanager

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextmanager
def _stderr_held_back():
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        told = False
        try:
            yield
        except ImportError:
            told = True
            raise
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            if told:
                held.seek(0)
                sys.stderr.write(held.read().decode(errors="replace"))


@contextmanager
def _left_out(*names: str):
    """Libraries, as if they were not installed: Keras brings them for what is not done here, a fourth of the time that
    its import takes, and 70 MB."""
    names = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


with _stderr_held_back(), _left_out("matplotlib", "scipy", "sklearn"):
    import keras
    import tensorflow as tf

tf.get_logger().setLevel("ERROR")
# One thread in an operation: how a sum is shared out among threads moves its last bits, and the same seed is to give
# the same bytes on any number of cores. Several operations still run side by side.
tf.config.threading.set_intra_op_parallelism_threads(1)

__all__ = ["keras", "tf"]
