"""The lab up, scripts/overlay.vnet, a ping between the guests during a live migration, and what it lost."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from vnetsh.errors import VnetshError
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.lab import Lab

VNETSH = str(Path(sys.executable).with_name("vnetsh"))
OVERLAY = "scripts/overlay.vnet"  # scripts/demo stands at the root


def vnetsh(*arguments: str) -> None:
    """Run vnetsh as a user would, and show it."""
    print(f"\n$ vnetsh {' '.join(repr(a) if ' ' in a else a for a in arguments)}", flush=True)
    subprocess.run([VNETSH, *arguments], check=True)


def migrate_under_ping(lab: Lab) -> None:
    """cirros02 stays and pings cirros01, which moves."""
    with GuestConsole(lab, "cirros01") as moving, GuestConsole(lab, "cirros02") as staying:
        for guest, address in ((moving, "10.0.0.1"), (staying, "10.0.0.2")):
            guest.run(f"ip address add {address}/24 dev eth1")
        staying.run("ping -c 3 10.0.0.1")
        print("\ncirros02 pings cirros01 through the tunnel every 100 ms …")
        staying.start_ping("10.0.0.1", interval=0.1)
        time.sleep(2)
        vnetsh("--lab", "-c", "migrate cirros01 to kvm2")
        time.sleep(2)
        print(f"\nthe ping during the migration: {staying.stop_ping()}")
    vnetsh("--lab", "show", "vms", "ports")


def main(arguments: list[str]) -> int:
    """Exit code 0 when all went well, 1 when something failed, 2 when a lab is up already."""
    lab = Lab()
    if lab.running():
        print("a lab is up already: `vnetsh lab down` takes it down", file=sys.stderr)
        return 2
    try:
        print("$ vnetsh lab up", flush=True)
        lab.up(2, say=print)
        vnetsh("--lab", OVERLAY)
        migrate_under_ping(lab)
    except (VnetshError, subprocess.CalledProcessError) as error:
        print(f"the demo failed: {error}", file=sys.stderr)
        return 1
    finally:
        if "--keep" not in arguments:
            print("\n$ vnetsh lab down", flush=True)
            lab.down()
    if "--keep" in arguments:
        print(
            "\nthe lab stays up: `.venv/bin/vnetsh --lab` is its shell, `.venv/bin/vnetsh lab down` ends it"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
