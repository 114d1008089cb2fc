"""Read how much memory a process holds."""

import re
from pathlib import Path


def resident_megabytes(pid: int | str = "self") -> float:
    """Return the resident size now."""
    return _kilobytes("VmRSS", pid) / 1000


def peak_megabytes(pid: int | str = "self") -> float:
    """Return the largest resident size so far."""
    return _kilobytes("VmHWM", pid) / 1000


def forget_peak() -> None:
    """Let the peak of this process begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def _kilobytes(name: str, pid: int | str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1])
