"""The Chromium of this machine: none is downloaded."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = f"needs a Chromium: none of {', '.join(NAMES)} is installed"
# Its sandbox needs rights that a container's root doesn't have.
ARGUMENTS = ["--no-sandbox"]


def installed_chromium() -> str | None:
    """Give the path of the program, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)
