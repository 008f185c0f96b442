"""What all tests share: demo hosts, the command line in a process of its own, the lab."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from ready_vnetsh import run_vnetsh

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source
from vnetsh.engine.connections import Connections
from vnetsh.model import Host
from vnetsh.registry import Plugins, load_plugins
from vnetsh.registry.entrypoints import EntryPoint, entry_points
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_ovs.backend import OvsBackend
from vnetsh_ovs.connection import OvsConnection

ROOT = Path(__file__).resolve().parent.parent

# The suite's examples are the same each time, so that what fails failed by a change; a soak takes new ones.
# How long one takes is the machine's affair.
settings.register_profile(
    "suite",
    derandomize="VNETSH_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """A run that is ended from outside cleans up like one that is broken off."""

    def interrupted(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    # What a shell starts in the background ignores Ctrl-C, and so would all that is started from here;
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and a hangup, with `nohup`


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the golden files")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own files; the grammar's cache is kept over the whole run."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path_factory.getbasetemp() / name.lower()))
    # What a test leaves half-made is no colleague's for the next one.
    monkeypatch.setenv(
        "VNETSH_RECORDS", str(tmp_path_factory.getbasetemp() / "records" / os.urandom(8).hex())
    )
    for name in ("VNETSH_HOSTS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


INSTALLED = tuple(entry_points("vnetsh"))
"""What the environment has: looked up once, as thousands of tests load it."""


@pytest.fixture
def plugins() -> Plugins:
    return load_plugins(INSTALLED)


@pytest.fixture
def thirdparty(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plugins]:
    """Loads plugins of `tests/thirdparty` besides the built-in ones, by the names of their packages."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "thirdparty"))

    def load(*packages: str) -> Plugins:
        points = [EntryPoint(package.removeprefix("vnetsh_"), package) for package in packages]
        loaded = load_plugins([*INSTALLED, *points])
        assert not loaded.warnings
        return loaded

    return load


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution of `tests/thirdparty`, built and installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    install(ROOT / "tests" / "thirdparty", folder, tmp_path_factory.mktemp("source"))
    return folder


def install(distribution: Path, folder: Path, scratch: Path) -> None:
    """Install a distribution by pip into a folder; it is built in an empty scratch folder."""
    shutil.copytree(distribution, scratch, dirs_exist_ok=True)
    argv = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target"]
    subprocess.run([*argv, str(folder), str(scratch)], check=True, capture_output=True, text=True)


@pytest.fixture
def demo(plugins: Plugins) -> Iterator[Session]:
    """A session on three hosts in memory."""
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        yield session


def found(session: Session, text: str) -> list[Diagnostic]:
    """The problems of a script, before any host is asked."""
    try:
        session.check(Source("t.vnet", text))
    except ProblemsFound as refused:
        return list(refused.problems)
    return []


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def vnetsh(tmp_path: Path) -> Run:
    """Run the command in a process of its own, in an empty folder; it has loaded before (`ready_vnetsh`)."""

    def run(
        *arguments: str, input: str = "", timeout: float = 120, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return run_vnetsh(arguments, {**os.environ, **environment}, timeout, tmp_path, input)

    return run


def apply(session: Session, script: str) -> None:
    """Run a script and see that it succeeded."""
    report = session.apply(session.prepare(Source("<test>", script)))
    assert report.ok, report.failures


@pytest.fixture
def ovs() -> Iterator[ScratchOvs]:
    """A scratch database with a vswitchd on dummy devices."""
    with scratch_ovs(vswitchd=True) as running:
        yield running


@pytest.fixture
def bare() -> Iterator[ScratchOvs]:
    """A scratch database alone."""
    with scratch_ovs() as running:
        yield running


@pytest.fixture
def links() -> Iterator[Callable[..., OvsConnection]]:
    """Opens connections to scratch databases; closes them all at the end."""
    opened: list[Connections] = []

    def connect(ovs: ScratchOvs, timeout: float = 10.0, **attributes: str) -> OvsConnection:
        host = Host("kvm1", attributes={"local": True, **ovs.host_attributes, **attributes})
        opened.append(Connections({"ovs": OvsBackend()}, timeout))
        return cast(OvsConnection, opened[-1].connection(host, "ovs"))

    yield connect
    for connections in opened:
        connections.close()
