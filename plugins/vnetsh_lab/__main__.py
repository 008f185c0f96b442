"""`python -m vnetsh_lab …` is `vnetsh lab …` without the rest of vnetsh."""

from __future__ import annotations

import argparse
import sys

from vnetsh.errors import UsageError, VnetshError
from vnetsh_lab.commands import arguments, run


def main() -> int:
    """Run one subcommand; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="vnetsh_lab", description="Real KVM hosts in namespaces of this machine."
    )
    arguments(parser)
    try:
        return run(parser.parse_args())
    except VnetshError as error:
        print(f"error: {error.message}" + (f"\nhelp: {error.help}" if error.help else ""), file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


if __name__ == "__main__":
    sys.exit(main())
