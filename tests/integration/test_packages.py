"""What `scripts/package` builds: it is whole, and it is all that a Debian without anything else needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from clean_root import clean_root
from conftest import ROOT

from vnetsh import __version__
from vnetsh_lab import Lab, running

PLAN = "bridge vswitch02 on kvm1; vm web on kvm1 memory 64M disk tiny.qcow2 port vswitch02"
PLANNED = "plan: 3 to add"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of it."""
    folder = tmp_path_factory.mktemp("built")
    argv = [sys.executable, ROOT / "scripts" / "package_main.py", "--to", folder]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [Path(line).parent for line in done.stdout.splitlines()] == [folder] * 4
    return folder


def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_sdist_has_the_whole_tree(built: Path) -> None:
    with tarfile.open(built / f"vnetsh-{__version__}.tar.gz") as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames() if sdist.getmember(name).isfile()}
    made = {name for name in names if name in ("PKG-INFO", "setup.cfg") or ".egg-info/" in name}
    assert names - made == {name for name in tracked() if not name.startswith((".git", ".ci/"))}


def test_the_wheel_has_what_the_tree_has(built: Path) -> None:
    """It is built from the sdist: so nothing is missing there, and nothing that only lay around is in it."""
    with zipfile.ZipFile(built / f"vnetsh-{__version__}-py3-none-any.whl") as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    shares = {name for name in names if ".data/" in name}
    packages = {
        name.removeprefix("plugins/") for name in tracked() if name.startswith(("vnetsh/", "plugins/"))
    }
    grammar = {f"vnetsh/{name}" for name in tracked() if name.startswith("grammar/")}
    assert names - shares == packages | grammar
    assert {name.rpartition("/")[2] for name in shares} == {
        *(path.name for path in (ROOT / "docs" / "man").iterdir()),
        *(path.name for path in (ROOT / "vnetsh" / "interface" / "completions").glob("*vnetsh*")),
    }


def test_the_one_file_runs_and_unpacks_itself_once(built: Path, tmp_path: Path) -> None:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        argv = ["/usr/bin/python3", built / "vnetsh.pyz", *arguments]
        own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment}
        return subprocess.run(argv, capture_output=True, text=True, env=own, cwd=tmp_path, check=False)

    first = run("--demo", "-c", "vm web on kvm1", "-o", "yaml")
    assert (first.returncode, first.stderr) == (0, "")
    unpacked = list((tmp_path / ".cache" / "vnetsh" / "pyz").iterdir())
    assert len(unpacked) == 1
    assert f"{unpacked[0]}/vnetsh\n" in run("config", "-o", "csv").stdout
    assert list((tmp_path / ".cache" / "vnetsh" / "pyz").iterdir()) == unpacked
    assert not list(unpacked[0].rglob("*.so"))
    others = run("--version", XDG_CACHE_HOME="/proc")  # nothing can be kept there
    assert others.stdout == f"vnetsh {__version__}\n"
    assert not list(Path("/tmp").glob("vnetsh-pyz-*"))


def test_the_package_is_plain_python_and_whole(built: Path, tmp_path: Path) -> None:
    """What is in it runs by the system's Python; that it can be installed is tried on a clean root, below."""
    deb = next(built.glob("*.deb"))
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tmp_path], check=True)
    sums = subprocess.run(["md5sum", "--check", "--quiet", "DEBIAN/md5sums"], cwd=tmp_path, check=False)
    assert sums.returncode == 0
    control = (tmp_path / "DEBIAN" / "control").read_text()
    assert f"Version: {__version__}\n" in control
    assert "Depends: python3 (>= 3.11), python3-libvirt, openssh-client\n" in control
    program = (tmp_path / "usr" / "bin" / "vnetsh").read_text()
    assert '"/usr/lib/vnetsh"' in program
    assert not list(tmp_path.rglob("*.so"))
    here = program.replace('"/usr/lib/vnetsh"', repr(str(tmp_path / "usr" / "lib" / "vnetsh")))
    argv = ["/usr/bin/python3", "-B", "-", "--demo", "-c", "vm web on kvm1"]
    done = subprocess.run(argv, input=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "done: 1 change, verified" in done.stdout


def readmes_commands(lab: Lab) -> str:
    """The two by which the README comes from nothing to a plan; the host is the lab's."""
    section = (ROOT / "README.md").read_text().split("## Install\n")[1]
    commands = section.split("```\n")[1]
    assert commands.count("\n") == 2
    host = (lab.folder / "hosts.vnet").read_text().splitlines()[0]
    assert commands.count("host kvm1 address 192.0.2.11") == 1
    return commands.replace("host kvm1 address 192.0.2.11", host)


@pytest.mark.lab
@pytest.mark.skipif("VNETSH_CLEAN_ROOT" not in os.environ, reason="two minutes: VNETSH_CLEAN_ROOT=1 wants it")
def test_on_a_debian_that_has_nothing_else(built: Path, tmp_path: Path) -> None:
    """By the wheel, the package and the one file: from nothing to a plan against a real host."""
    with running(hosts=1) as lab, clean_root(tmp_path / "root", Path(lab.folder)) as debian:
        wheels = debian.folder / "root" / "wheels"
        named = [str(next(built.glob("*.whl"))), "setuptools"]  # which builds what is on PyPI as source: ovs
        pip = [sys.executable, "-m", "pip", "download", "-q", "-d", str(wheels), *named]
        subprocess.run(pip, check=True, capture_output=True)
        for name in (f"vnetsh_{__version__}_all.deb", "vnetsh.pyz"):
            (debian.folder / "root" / name).write_bytes((built / name).read_bytes())

        # Without a compiler, headers, or libvirt's module: what needs none works, the rest is one message.
        debian.good("python3", "-m", "venv", "/root/venv")
        debian.good("/root/venv/bin/pip", "install", "-q", "--no-index", "-f", "/root/wheels", "vnetsh")
        venv = "/root/venv/bin/vnetsh"
        assert "done: 1 change" in debian.good(venv, "--demo", "-c", "vm web on kvm1")
        refused = debian(venv, "--lab", "plan", "-c", PLAN)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.count("vnetsh: kvm1 has libvirt, and this machine lacks the Python module") == 1
        assert "apt install python3-libvirt" in refused.stderr
        assert "vswitch01" in debian.good(venv, "--lab", "show", "bridges")

        # The package brings it along, for the others too.
        debian.good("apt-get", "update", "-q")
        unmet = debian("dpkg", "-i", f"/root/vnetsh_{__version__}_all.deb")
        assert "vnetsh depends on python3-libvirt" in unmet.stderr
        debian.good("dpkg", "--purge", "vnetsh")
        said = debian.good("sh", "-e", "-c", f"cd /root; {readmes_commands(lab)}")
        assert "+ bridge  vswitch02" in said
        assert PLANNED in debian.good("vnetsh", "--lab", "plan", "-c", PLAN)
        assert "/usr/lib/vnetsh/vnetsh" in debian.good("vnetsh", "config")
        assert PLANNED in debian.good(venv, "--lab", "plan", "-c", PLAN)
        assert PLANNED in debian.good("python3", "/root/vnetsh.pyz", "--lab", "plan", "-c", PLAN)

        debian.good("dpkg", "--verify", "vnetsh")
        debian.good("dpkg", "--purge", "vnetsh")
        assert not (debian.folder / "usr" / "lib" / "vnetsh").exists()
