"""What the figures were measured on."""

import os
import platform
from contextlib import suppress
from pathlib import Path

from bench.stack import CommandFailed, Stack, run

_GIB = 2**30


def machine() -> dict[str, str]:
    """Name the machine and what is installed on it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    return {
        "machine": f"{os.cpu_count()} cores, {_processor()}, {memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _commit(),
    }


def stack_versions(stack: Stack, mysql_version: str) -> dict[str, str]:
    """Name what runs in the containers."""
    python = stack.execute("catalog_service", "python", "--version").stdout.split()[-1]
    packages = ("Flask", "gunicorn", "SQLAlchemy", "PyMySQL", "PyJWT")
    listing = f"from importlib.metadata import version; print(*map(version, {packages}))"
    versions = stack.execute("catalog_service", "python", "-c", listing).stdout.split()
    return {
        "mysql": mysql_version,
        "nginx": stack.execute("gateway", "nginx", "-v").stderr.split("/")[-1].strip(),
        "docker": run("docker", "version", "--format", "{{.Server.Version}}").stdout.strip(),
        "python in the containers": python,
        **dict(zip(packages, versions, strict=True)),
    }


def load_average() -> float:
    """Give the processes that wanted to run in the last minute, those of the benchmarks among them."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    try:
        changed = run(
            "git", "--no-optional-locks", "status", "--porcelain", "--", ".", ":!bench/results"
        ).stdout
        return run("git", "rev-parse", "--short", "HEAD").stdout.strip() + (
            " with changes" if changed else ""
        )
    except (CommandFailed, OSError):
        return "unknown"
