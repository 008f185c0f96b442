"""The whole seed as one shell script: what is obeyed at every start, and what only at an instance's first."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import yaml

from vnetsh_lab.nocloud.network import network
from vnetsh_lab.nocloud.said import listing, mapping, mappings, note, quoted
from vnetsh_lab.nocloud.users import users

OBEYED = {
    *("hostname", "fqdn", "prefer_fqdn_over_hostname", "preserve_hostname", "manage_etc_hosts"),
    *("user", "users", "ssh_authorized_keys", "password", "chpasswd", "write_files", "bootcmd", "runcmd"),
    *("ssh_pwauth", "disable_root", "package_update", "package_upgrade", "growpart", "final_message"),
}
"""What a cloud-config may say: what is obeyed, and what means nothing to a guest without sshd and packages."""


def script(files: Mapping[str, str], links: Mapping[str, str]) -> str:
    """The script of a seed's files, by their names; `links` gives the MAC of each NIC that is there.

    Raises `yaml.YAMLError` and `ValueError` for what nobody can read.
    """
    meta = mapping(yaml.safe_load(files.get("meta-data", "")))
    user = files.get("user-data", "")
    config = mapping(yaml.safe_load(user)) if user.startswith("#cloud-config") else {}
    lines = ["export PATH=/bin:/lib/nocloud/bin"]
    name = str(config.get("hostname") or config.get("fqdn") or meta.get("local-hostname") or "").split(".")[0]
    if name and not config.get("preserve_hostname"):
        lines.append(f"set-hostname {quoted(name)}")
    if files.get("network-config", "").strip():
        lines.append("touch /run/network-is-said")
        try:
            lines += network(yaml.safe_load(files["network-config"]), links)
        except (TypeError, ValueError) as error:
            # A guest without its addresses still has its users and its console.
            lines.append(note(f"the network configuration: {error}"))
    lines += [_shell(command) for command in listing(config.get("bootcmd"))]
    instance = quoted(meta.get("instance-id", "nocloud"))
    lines += [f"if first-time {instance}; then", ":"]
    lines += users(config, _keys(meta))
    for file in mappings(config.get("write_files")):  # after the users: they may be its owners
        lines += _file(file)
    lines += [_shell(command) for command in listing(config.get("runcmd"))]
    if user.startswith("#!"):
        lines.append(_written("/run/user-data", user.encode(), ">"))
        lines.append("chmod 700 /run/user-data; /run/user-data")
    elif user.strip() and not user.startswith("#cloud-config"):
        lines.append(note("user-data that is neither #cloud-config nor a script"))
    lines += [note(f"{key} in the user-data") for key in config if key not in OBEYED]
    lines += ["fi", "boot-finished"]
    return "".join(f"{line}\n" for line in lines)


def _keys(meta: Mapping[str, Any]) -> list[str]:
    """The meta-data's public keys, in each of the forms that clouds have: a text, a list, mappings of either."""
    return _flat(meta.get("public-keys", meta.get("public_keys")))


def _flat(given: Any) -> list[str]:
    inner = list(given.values()) if isinstance(given, dict) else listing(given, "\n")
    return [key for one in inner for key in (_flat(one) if isinstance(one, dict | list) else [str(one)])]


def _shell(command: Any) -> str:
    """One command: a text is the shell's, a list is its words. It runs by itself: its `exit` ends nothing else."""
    if isinstance(command, list):
        return f"( {' '.join(quoted(word) for word in command)} )"
    return f"sh -c {quoted(command)}"


def _file(said: Mapping[str, Any]) -> list[str]:
    path = str(said.get("path"))
    content = _content(said)
    lines = [f"mkdir -p {quoted(path.rpartition('/')[0] or '/')}"]
    lines.append(_written(path, content, ">>" if said.get("append") else ">"))
    mode = said.get("permissions", "0644")
    lines.append(f"chmod {quoted(f'{mode:o}' if isinstance(mode, int) else mode)} {quoted(path)}")
    if said.get("owner"):
        lines.append(f"chown {quoted(said['owner'])} {quoted(path)}")
    return lines


def _content(said: Mapping[str, Any]) -> bytes:
    given = said.get("content", "")
    content = given if isinstance(given, bytes) else str(given).encode()
    encoding = str(said.get("encoding", "")).lower()
    if "b64" in encoding or "base64" in encoding:
        try:
            content = base64.b64decode(content)
        except binascii.Error as error:
            raise ValueError(f"{said.get('path')}: {error}") from error
    if "gz" in encoding:
        content = zlib.decompress(content, wbits=31)
    return content


def _written(path: str, content: bytes, how: str) -> str:
    return f"echo {base64.b64encode(content).decode()} | base64 -d {how}{quoted(path)}"
