"""What runs on the host while its uplink changes: POSIX shell, with nothing but iproute2, util-linux and OVS.

    /run/vnetsh-uplink/     (root's alone; gone after a reboot, as are the links that it speaks of)
        .lock               held (flock) by the guard as long as it lives
        armed               renamed to `confirmed` or `expired`, whichever comes first: one of them wins
        state               what the step is at: `armed`, `database`, `links`, `done`, `failed`
        outcome             `confirmed` or `reverted`, when all is over

The guard starts the step and outlives it: neither a step that hangs nor the end of the ssh session keeps it from
going back. It needs no systemd: root's processes outlive their session (`KillExcludeUsers=root`, logind.conf(5)).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

FOLDER = "/run/vnetsh-uplink"
_END = "VNETSH-END"

_COMMON = f"""\
cd {FOLDER} || exit 1
set -f # no word is a pattern
. ./parameters
now() {{ read -r up rest </proc/uptime; echo "${{up%.*}}${{up#*.}}"; }}
say() {{ echo "$2" >"$1.new" && mv "$1.new" "$1"; }}
# Else networkd may give a NIC the addresses of its old files again, when its link comes back.
reload() {{ ! grep -qs /systemd/network/ told-first told-last || timeout 5 networkctl reload; }}
ask() {{ ovsdb-client --timeout="$1" transact "$database" "$(cat "$2")"; }}
# Wait until vswitchd has made what a transaction (its result is in $2) asked for.
follow() {{
    number=$(sed -n 's/.*"next_cfg":\\([0-9]*\\).*/\\1/p' "$2")
    sed "s/\\"NUMBER\\"/$number/" follow.template >"follow.$2"
    ask "$1" "follow.$2" >"followed.$2" && ! grep -q '"error"' "followed.$2"
}}
"""

_STEP = """\
fail() { printf '%s\\n' "$*" >failure; say state failed; exit 1; }
say state database
sh ./told-first 2>told.errors || fail "what the host does at each start cannot be written: $(cat told.errors)"
ask "$seconds" there.db >there.result 2>there.errors || fail "ovsdb-client: $(cat there.errors)"
: >answered
grep -q '"error"' there.result && fail "the database refused"
follow "$patience" there.result || fail "ovs-vswitchd did not follow in $patience s"
say state links
. ./before
for link in $needed; do
    ip link show dev "$link" >/dev/null 2>&1 || fail "there is no link $link"
done
for version in 4 6; do # what is gone already needs not go
    timeout 5 ip -$version -force -batch leave.$version >left 2>&1
done
for version in 4 6; do
    timeout 5 ip -$version -batch arrive.$version >ip.errors 2>&1 || fail "ip: $(head -n 1 ip.errors)"
done
. ./after
. ./names-there
sh ./told-last 2>told.errors || fail "what the host does at each start cannot be written: $(cat told.errors)"
reload
say state done
"""

_GUARD = """\
undo_database() {
    ask 1 back.db >back.result || return 1
    grep -q '"error"' back.result || return 0
    # It was not in effect. If the server has answered the step, it never will be; else see to that.
    [ -e answered ] && grep -q '"timed out"' back.result && return 0
    ask 1 void.db >void.result && ! grep -q '"error"' void.result
}
undo_links() {
    . ./back
    # One by one: a batch, even with -force, ends at a link that is gone (in a nexthop).
    for version in 4 6; do
        while read -r line; do
            timeout 5 ip -$version $line
        done <back.$version
    done
    . ./names-back
}
revert() {
    worker=$(cat worker)
    [ "$(readlink "/proc/$worker/cwd")" = "$PWD" ] && kill -9 "$worker"
    undo_database
    undone=$?
    undo_links
    sh ./told-back
    reload
    tries=0
    while [ $undone -ne 0 ] && [ $tries -lt 600 ]; do
        sleep 1 9>&-
        undo_database
        undone=$?
        tries=$((tries + 1))
    done
    follow 2 back.result
    undo_links # again: what vswitchd has only now given back or made
    say outcome reverted
}
expire() { mv armed expired 2>/dev/null && revert; }
if [ "${1-}" = undo ]; then
    expire
    exit
fi
trap '' HUP
trap 'expire; exit' INT TERM
sh ./step 9>&- &
echo $! >worker
deadline=$(($(now) + seconds * 100))
while [ -e armed ] && [ "$(now)" -lt $deadline ] && [ "$(cat state)" != failed ]; do
    sleep 0.1 9>&-
done
expire && exit
ask 5 disarm.db
say outcome confirmed
"""

# Run over a new connection: confirms as soon as the step is done; says how it ended, or that it has not.
_CONFIRM = """\
[ "$token" = "$1" ] || { echo unknown; exit; }
tries=0
while [ ! -e outcome ] && [ $tries -lt 30 ]; do
    [ "$(cat state)" = done ] && mv armed confirmed 2>/dev/null
    [ -e outcome ] || sleep 0.1
    tries=$((tries + 1))
done
cat outcome || echo busy
cat failure there.result
"""

_LAUNCH = f"""\
set -u
umask 077
command -v ovsdb-client >/dev/null || {{ echo "ovsdb-client is not installed" >&2; exit 1; }}
mkdir -p {FOLDER} && cd {FOLDER} || exit 1
exec 9>.lock
flock -n 9 || {{ echo armed; exit; }}
if [ -e armed ]; then
    sh ./guard undo 9>&- >>log 2>&1
    echo interrupted
    exit
fi
rm -f -- *
FILES
: >armed
say() {{ echo "$2" >"$1.new" && mv "$1.new" "$1"; }}
say state armed
setsid sh ./guard </dev/null >log 2>&1 &
echo launched
"""

PENDING = ["flock", "-n", f"{FOLDER}/.lock", "true"]
"""A command that fails while a step waits to be confirmed."""


def confirming(token: str) -> list[str]:
    """The command that confirms a step, or asks how it ended."""
    return ["sh", f"{FOLDER}/confirm", token]


def launching(files: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """The script that arms a guard with these files and lets it begin; it says `launched`.

    It says `armed` when there is one already, and `interrupted` when it had to go back for one that was killed.
    It is one compound command: cut off on its way, it is a syntax error and does nothing.
    """
    values = "".join(f"{name}={shlex.quote(value)}\n" for name, value in parameters.items())
    scripts = {"step": _STEP, "guard": _GUARD, "confirm": _CONFIRM}
    everything = {
        **files,
        "parameters": values,
        **{name: _COMMON + text for name, text in scripts.items()},
    }
    written = "".join(f"cat >{name} <<'{_END}'\n{_whole(text)}{_END}\n" for name, text in everything.items())
    return "{\n" + _LAUNCH.replace("FILES\n", written) + "exit\n}\n"


def _whole(text: str) -> str:
    if _END in text.splitlines():
        raise ValueError(f"{_END} in a file")
    return text if not text or text.endswith("\n") else text + "\n"
