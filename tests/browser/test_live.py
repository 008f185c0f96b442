"""The live page in a real browser: changes come by themselves, it knows when it is cut off, and it finds back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import hostile
import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from served import TOKEN, Served

SHOTS = "page"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, "--write", "--max-impact", "destroy")
    yield served
    served.process.kill()
    served.process.communicate()


def _is_wrong(said: ConsoleMessage) -> bool:
    return said.type == "error" and "409" not in said.text  # that is a plan or an answer that was refused


def opened(context: BrowserContext, served: Served, wrong: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if _is_wrong(said) else None)
    page.goto(f"{served.origin}/#token={TOKEN}")
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    expect(page.locator("#live")).to_have_text("live")
    assert TOKEN not in page.url
    return page


def plan(page: Page, text: str) -> None:
    page.get_by_role("tab", name="Change").click()
    page.get_by_label("What shall be so").fill(text)
    page.get_by_role("button", name="Plan").click()


def made(page: Page, text: str, button: str = "Apply") -> None:
    plan(page, text)
    page.get_by_role("button", name=button, exact=True).click()


def test_a_change_comes_by_itself_and_is_taken_back(browser: Browser, served: Served) -> None:
    wrong: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce") as context:
        page, other = opened(context, served, wrong), opened(context, served, wrong)
        host = page.locator('#world .thing[data-id="host:kvm1"] > rect').first
        before = host.get_attribute("x"), host.get_attribute("y")
        made(page, "vm web1 on kvm1 port vswitch01 vlan 10")
        web1 = '#world .thing[data-id="vm:kvm1/web1"]'
        expect(page.locator(web1)).to_be_visible(timeout=5000)
        other.bring_to_front()  # a page that nobody sees catches up when somebody does
        expect(other.locator(web1)).to_be_visible(timeout=5000)
        assert (host.get_attribute("x"), host.get_attribute("y")) == before
        expect(page.locator("#works li").first).to_contain_text("done")
        # Its history, with what it changed.
        page.bring_to_front()
        page.get_by_role("tab", name="Runs").click()
        page.get_by_role("button", name="run 1", exact=True).click()
        expect(page.locator("#run")).to_contain_text("vm      web1")
        # What is chosen stays chosen while other things change; a letter that is typed is no key of the picture.
        page.locator(web1).click()
        made(page, "bridge hhh0 on kvm2")
        expect(page.locator('#world .thing[data-id="bridge:kvm2/hhh0"]')).to_be_visible(timeout=5000)
        assert page.locator(".chosen").get_attribute("data-id") == "vm:kvm1/web1"
        # It costs a restart, so it is asked; where data is lost, more is.
        page.get_by_role("tab", name="Runs").click()
        page.get_by_role("button", name="Undo run 1 …").click()
        page.get_by_role("button", name="Apply: restart").click()
        expect(page.locator(web1)).to_have_count(0, timeout=5000)
        made(page, "vm web2 on kvm1; start web2; snapshot web2 as before", "Apply: brief")
        expect(page.locator("#works li").first).to_contain_text("done")
        plan(page, "revert web2 to before")
        page.get_by_label("type its name").fill("web")
        page.get_by_role("button", name="Apply", exact=True).click()
        expect(page.locator("#planned")).to_contain_text("that was not the answer")
        page.get_by_label("type its name").fill("web2")
        page.get_by_role("button", name="Apply", exact=True).click()
        expect(page.locator("#works li").first).to_contain_text("revert web2 to before done")
    assert wrong == []


def test_why_is_told_of_two_that_are_chosen(
    browser: Browser, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wrong: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce") as context:
        page = opened(context, served, wrong)
        made(page, "vm web on kvm1 port vswitch01 vlan 10; vm log on kvm1 port vswitch01 vlan 20")
        log = page.locator('#world .thing[data-id="vm:kvm1/log"]')
        expect(log).to_be_visible(timeout=5000)
        page.locator('#world .thing[data-id="vm:kvm1/web"]').click()
        log.click(modifiers=["Shift"])
        expect(page.locator("#told code")).to_have_text("vnetsh 'why web -> log'")
        expect(page.locator("#told .why")).to_contain_text("it is in VLAN 20", timeout=10_000)
        page.screenshot(path=tmp_path_factory.getbasetemp() / f"{SHOTS}-live-why.png")
        # It stays while other things change, and is asked anew when one wants it.
        made(page, "vm log port vswitch01 name log_port1 vlan 10", "Apply: brief")
        expect(page.locator("#works li").first).to_contain_text("done")
        page.get_by_role("tab", name="Details").click()
        expect(page.locator("#told .why")).to_contain_text("it is in VLAN 20")
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator("#told .why")).to_contain_text("arrives", timeout=10_000)
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_and_heard(
    browser: Browser, served: Served, tmp_path_factory: pytest.TempPathFactory, scheme: str
) -> None:
    wrong: list[str] = []
    with browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    ) as context:
        page = opened(context, served, wrong)
        made(page, "vm web1 on kvm1 port vswitch01 vlan 10")
        expect(page.locator("#works li").first).to_contain_text("done")
        for tab in ("Details", "Runs", "Jobs", "Warnings", "Change"):
            page.get_by_role("tab", name=tab).click()
            if tab == "Runs":
                page.get_by_role("button", name="run 1", exact=True).click()
            shot = tmp_path_factory.getbasetemp() / f"{SHOTS}-live-{scheme}-{tab.lower()}.png"
            page.screenshot(path=shot)
            found = Axe().run(page, options={"resultTypes": ["violations"]})
            serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == []
        # By the keyboard alone.
        page.get_by_role("tab", name="Change").press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == "tab-told"
    assert wrong == []


def test_it_knows_when_it_is_cut_off_and_heals(browser: Browser, served: Served) -> None:
    with browser.new_context() as context:
        page = opened(context, served, [])
        made(page, "bridge br7 on kvm1")
        br7 = page.locator('#world .thing[data-id="bridge:kvm1/br7"]')
        expect(br7).to_be_visible(timeout=5000)
        served.end(signal.SIGKILL)
        expect(page.locator("#live")).to_contain_text("cut off since", timeout=5000)
        served.start()  # a demo fleet comes back as it was in the beginning
        expect(page.locator("#live")).to_have_text("live", timeout=20000)
        expect(br7).to_have_count(0)
        made(page, "bridge br8 on kvm1")  # by what the new server lets its pages say
        expect(page.locator('#world .thing[data-id="bridge:kvm1/br8"]')).to_be_visible(timeout=5000)


def test_an_hour_without_a_word_is_noticed(browser: Browser, served: Served) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{served.origin}/#token={TOKEN}")
        page.wait_for_selector("html[data-ready=yes]", state="attached")
        page.clock.run_for(1000)
        expect(page.locator("#live")).to_have_text("live")
        served.process.send_signal(signal.SIGSTOP)  # it says nothing, and its connections stay open
        page.clock.fast_forward(3_600_000)
        expect(page.locator("#live")).to_contain_text("cut off since")
        served.process.send_signal(signal.SIGCONT)
        for _ in range(20):
            page.clock.run_for(5000)
            if page.locator("#live").inner_text() == "live":
                break
            page.wait_for_timeout(200)
        expect(page.locator("#live")).to_have_text("live")


def test_names_of_others_are_words_also_when_they_change(browser: Browser, tmp_path: Path) -> None:
    served, wrong = Served(tmp_path, "--write", program=(str(Path(hostile.__file__)),)), list[str]()
    try:
        with browser.new_context() as context:
            page = opened(context, served, wrong)
            many = page.locator("#world .thing").count()
            assert many > len(hostile.NAMES)
            made(page, "bridge br7 on kvm1")
            expect(page.locator('#world .thing[data-id="bridge:kvm1/br7"]')).to_be_visible(timeout=5000)
            assert page.locator("#world .thing").count() == many + 1
            keys = page.evaluate("[...document.querySelectorAll('#world > g')].map((g) => g.dataset.id)")
            assert hostile.acts("".join(keys)) == []
    finally:
        served.process.kill()
        served.process.communicate()
    assert wrong == []


def test_a_page_runs_nothing_but_its_own(browser: Browser, served: Served) -> None:
    wrong: list[str] = []
    with browser.new_context() as context:
        page = opened(context, served, wrong)
        plan(page, 'bridge "<b>x</b>" on kvm1')
        expect(page.locator("#planned")).to_contain_text("<b>x</b>")
        assert page.locator("#planned b").count() == 0
        page.evaluate(
            "const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s)"
        )
        assert page.evaluate("window.bad") is None
