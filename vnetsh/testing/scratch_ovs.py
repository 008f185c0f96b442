"""A scratch ovsdb-server, with or without an ovs-vswitchd on dummy interfaces, in a folder of its own.

    with scratch_ovs(vswitchd=True) as ovs:
        ovs.vsctl("add-br", "br0")

Nothing of the machine's own Open vSwitch is read or touched, no interface is made, and everything is gone at
the end; the daemons die with the process that started them, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
_PATIENCE = 10.0  # seconds for a daemon to come up or to end


@dataclass
class ScratchOvs:
    """The running daemons. `kill_server` and `start_server` model a crash and a restart."""

    folder: Path
    with_ssl: bool = False
    schema: Path = SCHEMA
    server: subprocess.Popen[bytes] | None = None
    vswitchd: subprocess.Popen[bytes] | None = None
    ssl_port: int = 0
    _environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> str:
        """Path of the database's unix socket."""
        return str(self.folder / "db.sock")

    @cached_property
    def database(self) -> str:
        """The database's name."""
        return str(json.loads(self.schema.read_text())["name"])

    @property
    def host_attributes(self) -> dict[str, str]:
        """What a `host` sentence says to use this database."""
        if not self.with_ssl:
            return {"ovsdb": f"unix:{self.socket}"}
        return {
            "ovsdb": f"ssl:127.0.0.1:{self.ssl_port}",
            "ovsdb-key": str(self.folder / "client.key"),
            "ovsdb-certificate": str(self.folder / "client.crt"),
            "ovsdb-ca": str(self.folder / "ca.crt"),
        }

    def vsctl(self, *arguments: str, timeout: float = 10.0) -> str:
        """Run ovs-vsctl on this database; what it printed. It waits for vswitchd only when there is one."""
        wait = ["--no-wait"] if self.vswitchd is None else []
        return self._run(["ovs-vsctl", f"--db=unix:{self.socket}", *wait, *arguments], timeout)

    def transact(self, *operations: Mapping[str, object]) -> list[dict[str, object]]:
        """Run raw OVSDB operations by ovsdb-client; their results."""
        request = json.dumps([self.database, *operations])
        found = json.loads(self._run(["ovsdb-client", "transact", f"unix:{self.socket}", request]))
        assert isinstance(found, list)
        return found

    def appctl(self, *arguments: str) -> str:
        """Ask vswitchd by ovs-appctl."""
        return self._run(["ovs-appctl", "-t", str(self.folder / "vswitchd.ctl"), *arguments])

    def start_server(self) -> None:
        """Start ovsdb-server on the database's file, as it was left. It dies with the calling thread."""
        remotes = [f"--remote=punix:{self.socket}"]
        if self.with_ssl:
            remotes += [
                f"--remote=pssl:{self.ssl_port}:127.0.0.1",
                f"--private-key={self.folder / 'server.key'}",
                f"--certificate={self.folder / 'server.crt'}",
                f"--ca-cert={self.folder / 'ca.crt'}",
            ]
        Path(self.socket).unlink(missing_ok=True)
        self.server = self._daemon("ovsdb-server", [str(self.folder / "conf.db"), *remotes])
        self._await(self._listens, self.server)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(self.socket):
                return False
        if not self.with_ssl:
            return True
        if not self.ssl_port:  # it took a free one, and says which
            said = re.search(r"listening on port (\d+)", (self.folder / "ovsdb-server.log").read_text())
            self.ssl_port = int(said[1]) if said else 0
        with socket.socket() as probe:
            return self.ssl_port > 0 and probe.connect_ex(("127.0.0.1", self.ssl_port)) == 0

    def kill_server(self) -> None:
        """End ovsdb-server at once (SIGKILL), as a crash does; its socket stays behind."""
        _end(self.server)
        self.server = None

    def start_vswitchd(self) -> None:
        """Start ovs-vswitchd on the dummy datapath."""
        arguments = [f"unix:{self.socket}", "--enable-dummy=override", "--disable-system"]
        self.vswitchd = self._daemon("ovs-vswitchd", arguments, control="vswitchd.ctl")
        self._await(lambda: (self.folder / "vswitchd.ctl").exists(), self.vswitchd)

    def kill_vswitchd(self) -> None:
        """End ovs-vswitchd at once."""
        _end(self.vswitchd)
        self.vswitchd = None
        (self.folder / "vswitchd.ctl").unlink(missing_ok=True)

    def _run(self, argv: Sequence[str], timeout: float = 10.0) -> str:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=timeout, env=self._environment, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{argv[0]}: {done.stderr.strip()}")
        return done.stdout

    def _daemon(self, name: str, arguments: Sequence[str], control: str = "") -> subprocess.Popen[bytes]:
        argv = [
            *("setpriv", "--pdeathsig", "KILL", "--", name),
            *arguments,
            *("--no-chdir", "-vconsole:off", "-vsyslog:off"),
            f"--log-file={self.folder / name}.log",
            f"--unixctl={self.folder / (control or name + '.ctl')}",
        ]
        return subprocess.Popen(
            argv,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _await(self, ready: Callable[[], bool], daemon: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not ready():
            if daemon.poll() is not None or time.monotonic() > deadline:
                logs = "".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))
                raise RuntimeError(f"{daemon.args!r} did not come up:\n{logs}")
            time.sleep(0.002)


def _end(daemon: subprocess.Popen[bytes] | None) -> None:
    if daemon is not None:
        daemon.kill()  # works on a stopped process too
        daemon.wait(_PATIENCE)


def make_certificates(folder: Path) -> None:
    """Make an authority (`ca`) and, signed by it, `server` and `client`: `NAME.key` and `NAME.crt` each."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req", "-x509", *curve, "-days", "2", "-subj", "/CN=scratch ca", "-keyout", "ca.key", "-out", "ca.crt"
    )
    for name in ("server", "client"):
        openssl("req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
        openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.crt")


@contextlib.contextmanager
def scratch_ovs(*, vswitchd: bool = False, ssl: bool = False, schema: Path = SCHEMA) -> Iterator[ScratchOvs]:
    """A database with an empty Open_vSwitch row; `vswitchd` really makes its ports, on dummy devices.

    With `ssl` it also listens on a port of 127.0.0.1, and `host_attributes` lead there. With another `schema` it is
    an empty database of that one.
    """
    folder = Path(tempfile.mkdtemp(prefix="vnetsh-ovs-"))
    places = dict.fromkeys(("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"), str(folder))
    ovs = ScratchOvs(folder, with_ssl=ssl, schema=schema, _environment={**os.environ, **places})
    try:
        if ssl:
            make_certificates(folder)
        ovs._run(["ovsdb-tool", "create", str(folder / "conf.db"), str(schema)])
        ovs.start_server()
        if schema == SCHEMA:
            ovs.vsctl("init")
        if vswitchd:
            ovs.start_vswitchd()
        yield ovs
    finally:
        ovs.kill_vswitchd()
        ovs.kill_server()
        shutil.rmtree(folder, ignore_errors=True)
