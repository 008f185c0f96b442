"""The command line: options, subcommands, exit codes. The one place where errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vnetsh import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run `vnetsh` with these arguments (the process's own by default); the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:  # asked for by scripts: nothing else is loaded
        print(f"vnetsh {__version__}")
        return 0
    import gc

    from vnetsh.errors import UsageError, VnetshError

    gc.set_threshold(500_000)  # a plan of thousands of changes is no garbage: a fifth of the time went there
    debug = "--debug" in arguments
    try:
        from vnetsh.interface.arguments import parse_arguments

        command, found = parse_arguments(arguments)
        return command.run(found)
    except KeyboardInterrupt:
        print("vnetsh: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        sys.stderr.close()
        return 1
    except VnetshError as error:
        if debug:
            raise
        print(f"vnetsh: {error.message}", file=sys.stderr)
        if error.help:
            print(f"help: {error.help}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except Exception as error:
        if debug:
            raise
        print(f"vnetsh: a defect of vnetsh or a plugin: {type(error).__name__}: {error}", file=sys.stderr)
        print("help: run it again with --debug and report what it prints", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
