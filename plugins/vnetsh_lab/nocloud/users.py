"""Users of a cloud-config, their keys and passwords, as calls of the guest's `add-user` and `add-key`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vnetsh_lab.nocloud.said import listing, mapping, note, quoted

DEFAULT = "debian"
"""The user that the seed means by `default`, as on Debian's own cloud images."""


def users(config: Mapping[str, Any], instance_keys: list[str]) -> list[str]:
    """The users of a cloud-config; `instance_keys` are those of the meta-data.

    Keys that the seed gives nobody are those of the default user, or of root where the seed has no such user.
    """
    default = str(mapping(config.get("user")).get("name") or config.get("user") or DEFAULT)
    wanted = listing(config.get("users"), ",") if "users" in config else ["default"]
    lines: list[str] = []
    names = []
    for one in wanted:
        said = mapping(one) or {"name": one}
        if not said.get("name"):
            lines.append(note("a user without a name"))
            continue
        if said["name"] == "default":
            said = {"gecos": "Debian", **mapping(config.get("user")), "name": default}
        names.append(str(said["name"]))
        lines += _user(said)
    keys = [*instance_keys, *map(str, listing(config.get("ssh_authorized_keys")))]
    owner = default if default in names else "root"
    lines += [f"add-key {quoted(owner)} {quoted(key)}" for key in keys]
    lines += _passwords(config, owner)
    return lines


def _user(said: Mapping[str, Any]) -> list[str]:
    name = str(said["name"])
    words = ["add-user", quoted(name)]
    for option, key in (("-u", "uid"), ("-c", "gecos"), ("-d", "homedir"), ("-s", "shell")):
        if said.get(key) is not None:
            words += [option, quoted(said[key])]
    lines = [" ".join(words)]
    groups = [*listing(said.get("primary_group")), *listing(said.get("groups"), ",")]
    lines += [f"add-group {quoted(group)} {quoted(name)}" for group in groups]
    keys = listing(said.get("ssh_authorized_keys")) + listing(said.get("ssh-authorized-keys"))
    lines += [f"add-key {quoted(name)} {quoted(key)}" for key in keys]
    if said.get("passwd") or said.get("hashed_passwd"):
        lines.append(_hash(name, said.get("passwd") or said.get("hashed_passwd")))
    elif said.get("plain_text_passwd"):
        lines.append(_plain(name, said["plain_text_passwd"]))
    if said.get("sudo"):
        lines.append(note(f"sudo of {name}: the guest has none"))
    return lines


def _passwords(config: Mapping[str, Any], owner: str) -> list[str]:
    lines = [_plain(owner, config["password"])] if config.get("password") else []
    chpasswd = mapping(config.get("chpasswd"))
    for one in listing(chpasswd.get("users")):
        said = mapping(one)
        made = _plain if said.get("type") == "text" else _hash
        lines.append(made(str(said.get("name")), said.get("password")))
    for line in listing(chpasswd.get("list"), "\n"):
        name, _, word = str(line).partition(":")
        lines.append((_hash if word.startswith("$") else _plain)(name, word))
    return lines


def _hash(name: str, word: Any) -> str:
    return f"set-password {quoted(name)} {quoted(word)}"


def _plain(name: str, word: Any) -> str:
    return f'set-password {quoted(name)} "$(mkpasswd -m sha512 {quoted(word)})"'
