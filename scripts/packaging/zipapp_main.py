"""vnetsh in one file: unpacks itself once into the user's cache, and runs from there."""

import os
import shutil
import sys
import tempfile
import zipfile

DIGEST = "@DIGEST@"


def unpacked(home):
    """The folder of this file's contents, made where it is missing: whole, or not at all."""
    os.makedirs(home, mode=0o700, exist_ok=True)
    about = os.stat(home)
    if about.st_uid != os.geteuid() or about.st_mode & 0o022:
        raise OSError(home + " can be written to by others")
    folder = os.path.join(home, DIGEST)
    if not os.path.isdir(folder):
        new = tempfile.mkdtemp(dir=home)
        try:
            with zipfile.ZipFile(sys.path[0]) as packed:
                packed.extractall(new)
            os.rename(new, folder)
        except OSError:
            shutil.rmtree(new, ignore_errors=True)
            if not os.path.isdir(folder):  # nor has another process just made it
                raise
    return folder


def main():
    """Run vnetsh."""
    if sys.version_info < (3, 11):
        sys.exit("vnetsh needs Python 3.11 or newer, and this is " + sys.version.split()[0])
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    gone = ""
    try:
        folder = unpacked(os.path.join(cache, "vnetsh", "pyz"))
    except OSError:  # no home, or none that can be written to: for this once
        gone = tempfile.mkdtemp(prefix="vnetsh-pyz-")
        os.chmod(gone, 0o700)
        folder = unpacked(gone)
    sys.path[0] = folder
    try:
        from vnetsh.cli import main as run

        return run()
    finally:
        if gone:
            shutil.rmtree(gone, ignore_errors=True)


sys.exit(main())
