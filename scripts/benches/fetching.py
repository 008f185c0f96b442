"""An image is fetched by three hosts at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from contest import Contestant, compare, timed
from migration import session_on

from vnetsh.diagnostics import Source
from vnetsh.session import Session
from vnetsh_lab import running
from vnetsh_lab.lab import Lab

HOSTS = ("kvm1", "kvm2", "kvm3")
URL = "http://10.77.0.4:8000/big.raw"
SIZE = 2**30
SERVE = (
    f"mkdir /root/www; cd /root/www; head -c {SIZE} /dev/urandom >big.raw; "
    "setsid python3 -m http.server 8000 </dev/null >/dev/null 2>&1 &"
)


def _everywhere(lab: Lab, command: str) -> None:
    """A shell's command inside all hosts at once."""

    def on(host: str) -> None:
        done = lab.exec(host, ["bash", "-c", f"set -o pipefail; {command}"], timeout=300)
        assert done.returncode == 0, done.stderr

    with ThreadPoolExecutor() as pool:
        list(pool.map(on, HOSTS))


def _fetched(session: Session, sentence: str) -> None:
    report = session.apply(session.prepare(Source("bench", sentence), lock=True))
    assert report.ok, report.failures


def images(rounds: int = 3) -> None:
    """1 GiB by three hosts at once, beside `curl` piped into `sha256sum`, which keeps nothing, and into a file."""
    with running(hosts=4) as lab, session_on(lab) as session:
        assert lab.exec("kvm4", ["sh", "-c", SERVE], timeout=60).returncode == 0
        digest = lab.exec("kvm4", ["sha256sum", "/root/www/big.raw"], timeout=60).stdout.split()[0]
        path = "/var/lib/libvirt/images/big.raw"

        def by_vnetsh() -> float:
            sentence = f"image big.raw on {', '.join(HOSTS)} from {URL} sha256 {digest}"
            took = timed(lambda: _fetched(session, sentence))
            _fetched(session, f"delete image big.raw on {', '.join(HOSTS)}")
            return took

        def by_curl(then: str) -> Contestant:
            def run() -> float:
                took = timed(lambda: _everywhere(lab, f"curl -fsS {URL} | {then} | grep -q {digest}"))
                _everywhere(lab, f"rm -f {path}")
                return took

            return run

        compare(
            "an image of 1 GiB is fetched by three hosts at once",
            {
                "curl | sha256sum: nothing is kept": by_curl("sha256sum"),
                "curl | tee FILE | sha256sum, without fsync": by_curl(f"tee {path} | sha256sum"),
                "vnetsh: the sentence in a session (goal: × 1.1)": by_vnetsh,
            },
            rounds,
        )
