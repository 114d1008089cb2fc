"""Install packages of the operating system where that is allowed; start none of their services."""

import os
import shutil
import subprocess
from pathlib import Path

POLICY_FILE = Path("/usr/sbin/policy-rc.d")

# Debian starts a server as soon as its package is unpacked, unless policy-rc.d says no. A policy
# that is already there (containers have one) is left alone. The packages come one by one, so that
# one unknown name does not cost the others.
_SCRIPT = """
policy=$1; shift
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
failures=0
apt-get -qq update || failures=1
for package do
    apt-get -qq -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$package" ||
        failures=1
done
exit $failures
"""


def privilege() -> list[str] | None:
    """Return the words that make a command run as root, or None where this user may not."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run([*sudo, "true"], check=False, capture_output=True).returncode == 0
    return sudo if allowed else None


def reason_not_to_install() -> str | None:
    """Say why system packages can't be installed here; None where they can."""
    if not shutil.which("apt-get"):
        return "there is no apt-get here"
    if privilege() is None:
        return "installing needs root or sudo without a password"
    return None


def install(packages: list[str], *, policy_file: Path = POLICY_FILE) -> str:
    """Install the packages and return an empty text, or what apt-get said when one of them failed.

    Call it only where `reason_not_to_install` returned None.
    """
    command = [*(privilege() or []), "sh", "-c", _SCRIPT, "sh", str(policy_file), *packages]
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout.strip() or "apt-get failed without a word"
