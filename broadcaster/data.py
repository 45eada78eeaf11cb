"""Where the files that ship beside the code are."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def find(name: str) -> Path:
    """The folder `name` ("templates" or "config"): inside the package in a wheel, else at the top of
    the checkout. FileNotFoundError when there is neither."""
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the folder '{name}' is not beside the program: install it again")
