"""One job on the lab's hosts, by what a user would use instead: loops of ovs-vsctl over ssh, pyinfra, Ansible."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from contest import Contestant, compare, timed

from vnetsh_lab import running
from vnetsh_lab.lab import Lab

CACHE = Path("/var/cache/vnetsh")
BY = Path(__file__).parent / "rivals_by"
HOSTS = [f"kvm{n}" for n in range(1, 6)]
BRIDGES, PORTS = 20, 10
"""Bridges on each host, and ports on each bridge, each in a VLAN."""

ROUNDS = int(os.environ.get("VNETSH_BENCH_ROUNDS", "3"))
PART = int(os.environ.get("VNETSH_BENCH_ANSIBLE", "2"))
"""Bridges that Ansible makes: it takes its time for each object. From two sizes the whole is reckoned."""

SCRIPT = """
for b in 1..{bridges} {{
    bridge rb$b on kvm[1-5]
    for p in 0..9 {{ bridge rb$b on kvm[1-5] port rb${{b}}p$p type internal vlan 10$p }}
}}
"""


class Job:
    """So many bridges, on all hosts, by any means."""

    def __init__(self, lab: Lab, folder: Path, tools: Path) -> None:
        self.lab, self.folder, self.tools = lab, folder, tools
        self.config = folder / "ssh_config"
        keep = f"ControlMaster auto\nControlPath {folder}/%n\nControlPersist 300\n"
        self.config.write_text(f"Host *\n{keep}Include {lab.folder}/ssh_config\n")
        (folder / "job.vnet").write_text(SCRIPT.format(bridges=BRIDGES))

    def run(self, *argv: str, **environment: str) -> str:
        """A command to its end, which must be good; what it says."""
        done = subprocess.run(
            argv,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, f"{argv}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def on_all(self, work: Callable[[str], object]) -> None:
        """Do something for each host, all at once."""
        with ThreadPoolExecutor(len(HOSTS)) as pool:
            list(pool.map(work, HOSTS))

    def by_vnetsh(self, bridges: int) -> None:
        """The whole command: start-up, ssh, locks, the plan, journal, verification."""
        assert bridges == BRIDGES
        command = str(Path(sys.executable).with_name("vnetsh"))
        self.run(command, "--lab", "--yes", "job.vnet", VNETSH_LAB_DIR=str(self.lab.folder))

    def by_loop(self, bridges: int) -> None:
        """On each host a shell that runs an `ovs-vsctl` for each bridge and port, as most scripts do."""
        lines = "\n".join(shlex.join(["ovs-vsctl", *words]) for words in commands(bridges))
        self.on_all(lambda host: self.run("ssh", "-F", str(self.config), host, f"set -e\n{lines}"))

    def by_batch(self, bridges: int) -> None:
        """The best that can be done by hand: one `ovs-vsctl` a host with all of it."""
        words = ["ovs-vsctl"]
        for one in commands(bridges):
            words += ["--", *one]
        self.on_all(lambda host: self.run("ssh", "-F", str(self.config), host, shlex.join(words)))

    def by_pyinfra(self, bridges: int) -> None:
        """An operation a bridge and a port."""
        data = {"ssh_config_file": str(self.config), "ssh_known_hosts_file": f"{self.lab.folder}/known_hosts"}
        hosts = [(host, {**data, "bridges": bridges}) for host in HOSTS]
        (self.folder / "inventory.py").write_text(f"hosts = {hosts!r}\n")
        self.run(str(self.tools / "pyinfra"), "-y", "inventory.py", str(BY / "deploy.py"))

    def by_ansible(self, bridges: int) -> None:
        """Its own modules in loops, with pipelining and an ssh connection that stays."""
        (self.folder / "inventory.ini").write_text(
            "".join(f"{host} ansible_python_interpreter=/usr/bin/python3\n" for host in HOSTS)
        )
        self.run(
            *(str(self.tools / "ansible-playbook"), "-i", "inventory.ini", "-e", f"bridges={bridges}"),
            str(BY / "playbook.yml"),
            ANSIBLE_HOME=str(self.folder / "ansible"),
            ANSIBLE_FORKS=str(len(HOSTS)),
            ANSIBLE_PIPELINING="1",
            ANSIBLE_SSH_ARGS=f"-F {self.config}",
        )

    def cleared(self) -> None:
        """All of it is gone."""
        names = [f"rb{b}" for b in range(1, BRIDGES + 1)]
        words = ["ovs-vsctl"]
        for name in names:
            words += ["--", "--if-exists", "del-br", name]
        self.on_all(lambda host: self.lab.exec(host, words, timeout=120))

    def seen(self, bridges: int) -> None:
        """All is as it was to be, on all hosts."""
        wanted = {f"rb{b}p{p}": 100 + p for b in range(1, bridges + 1) for p in range(PORTS)}

        def look(host: str) -> None:
            said = self.lab.exec(
                host, ["ovs-vsctl", "--format=json", "--columns=name,tag", "list", "Port"]
            ).stdout
            found = {name: tag for name, tag in json.loads(said)["data"] if isinstance(tag, int)}
            assert found == wanted, host
            devices = self.lab.exec(host, ["ls", "/sys/class/net"]).stdout.split()
            assert wanted.keys() <= set(devices), host

        self.on_all(look)


def commands(bridges: int) -> list[list[str]]:
    """The words of one ovs-vsctl each."""
    found = []
    for b in range(1, bridges + 1):
        found.append(
            ["--may-exist", "add-br", f"rb{b}", "--", "set", "bridge", f"rb{b}", "datapath_type=netdev"]
        )
        for p in range(PORTS):
            made = ["--may-exist", "add-port", f"rb{b}", f"rb{b}p{p}", f"tag={100 + p}"]
            found.append([*made, "--", "set", "interface", f"rb{b}p{p}", "type=internal"])
    return found


def installed() -> Path:
    """Where the rivals' commands are: in a virtual environment of their own, made the first time."""
    place = CACHE / "rivals"
    if not (place / "bin" / "pyinfra").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        pip = [str(place / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(BY / "requirements.txt")], check=True)
    return place / "bin"


def rivals(rounds: int = ROUNDS) -> None:
    """Made, and then looked at again, by each in turn."""
    tools = installed()
    with running(hosts=len(HOSTS)) as lab:
        folder = Path(lab.folder) / "rivals"
        folder.mkdir()
        job = Job(lab, folder, tools)
        whole: Mapping[str, Callable[[int], None]] = {
            "vnetsh: the whole command": job.by_vnetsh,
            "ssh, one batched ovs-vsctl a host": job.by_batch,
            "ssh, a loop of ovs-vsctl on each host": job.by_loop,
            "pyinfra": job.by_pyinfra,
        }

        def made(work: Callable[[int], None], bridges: int) -> float:
            job.cleared()
            took = timed(partial(work, bridges))
            job.seen(bridges)
            return took

        def again(work: Callable[[int], None], bridges: int) -> float:
            return timed(partial(work, bridges))

        def reckoned(once: Callable[[Callable[[int], None], int], float]) -> float:
            if PART == BRIDGES:
                return once(job.by_ansible, BRIDGES)
            half, part = (once(job.by_ansible, n) for n in (PART // 2, PART))
            return part + (part - half) / (PART - PART // 2) * (BRIDGES - PART)

        title = f"{BRIDGES} bridges, {BRIDGES * PORTS} ports with VLANs on each of {len(HOSTS)} hosts"
        goal = "goal: Ansible × 50, pyinfra × 5"
        how = "Ansible" if PART == BRIDGES else f"Ansible, reckoned from {PART // 2} and {PART} bridges"
        contestants: dict[str, Contestant] = {
            name: partial(made, work, BRIDGES) for name, work in whole.items()
        }
        compare(f"{title}; {goal}", {**contestants, how: partial(reckoned, made)}, rounds)
        made(job.by_batch, BRIDGES)
        contestants = {name: partial(again, work, BRIDGES) for name, work in whole.items()}
        compare(
            f"the same again, nothing to do; {goal}", {**contestants, how: partial(reckoned, again)}, rounds
        )
        job.seen(BRIDGES)
