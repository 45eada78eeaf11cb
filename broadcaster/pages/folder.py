"""Files for any web server to show. Each takes the place of its former self at once: who looks meanwhile sees a whole
one."""

import os
import tempfile
from pathlib import Path


def write(folder: Path, name: str, content: bytes) -> bool:
    """Put one file in its place; False when it stood there already, byte for byte."""
    target = folder / name
    if target.is_file() and target.read_bytes() == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    Path(fresh).chmod(0o644)  # a web server is another user
    Path(fresh).replace(target)
    return True
