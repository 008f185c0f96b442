"""`vnetsh lsp`, spoken to as an editor does: a process of its own, over its stdin and stdout."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsp_editor import VNETSH, Editor, cursor, range_
from lsprotocol import types
from pygls.exceptions import JsonRpcException

Talk = Callable[[Editor], Awaitable[None]]


@pytest.fixture
def talk(tmp_path: Path) -> Callable[..., None]:
    """Run a conversation with a server; it must end in order, whatever was said."""

    def run(conversation: Talk, *options: str) -> None:
        async def session() -> None:
            editor = Editor(tmp_path)
            await editor.start(*(options or ("--demo",)))
            try:
                await conversation(editor)
                assert await editor.stop() == 0
            finally:
                server = editor.client._server
                if server and server.returncode is None:
                    server.kill()
                    await server.wait()

        asyncio.run(session())

    return run


def test_problems_are_shown_while_typing(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        editor.open("bridge b on kvm9\n")
        (problem,) = await editor.codes("E102")
        assert problem.range == range_(0, 12, 16)
        assert "unknown host `kvm9`" in problem.message
        assert problem.source == "vnetsh"
        editor.change("bridge b on kvm1\nbridge c on\n")
        await editor.codes("E105")
        editor.change("bridge b on kvm1\n")
        await editor.codes()
        editor.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri("lab.vnet")))
        )

    talk(conversation)


def test_columns_are_counted_as_the_editor_counts_them(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        editor.open('vm v disk "😀 ä" on kvm9\n')
        (problem,) = await editor.codes("E102")
        assert problem.range == range_(0, 20, 24)  # 😀 is two UTF-16 units

    talk(conversation)


def test_a_problem_of_an_included_file_is_shown_there(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "part.vnet").write_text("bridge b on kvm1\nbridge c on kvm9\n")

    async def conversation(editor: Editor) -> None:
        editor.open('include "part.vnet"\n')
        (problem,) = await editor.codes("E102", name="part.vnet")
        assert problem.range.start.line == 1
        await editor.codes()
        (tmp_path / "part.vnet").write_text("bridge b on kvm1\n")
        editor.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri("part.vnet")))
        )
        await editor.codes(name="part.vnet")

    talk(conversation)


def test_a_problem_in_a_loop_says_in_which_round(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        editor.open("for i in 3..4 {\n    bridge b$i on kvm$i\n}\n")
        (problem,) = await editor.codes("E102")
        assert problem.related_information
        assert "i = 4" in problem.related_information[0].message
        assert problem.related_information[0].location.range.start.line == 0

    talk(conversation)


def test_the_hosts_file_is_found_from_the_project(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text("host alpha address 192.0.2.7\n")

    async def conversation(editor: Editor) -> None:
        editor.open("bridge b on alpha\nbridge c on beta\n")
        (problem,) = await editor.codes("E102")
        assert problem.range.start.line == 1
        (tmp_path / "hosts.vnet").write_text("host alpha address 192.0.2.7\nhost beta address 192.0.2.8\n")
        editor.change("bridge b on alpha\nbridge c on beta\n")
        await editor.codes()
        editor.open((tmp_path / "hosts.vnet").read_text(), "hosts.vnet")
        await editor.codes(name="hosts.vnet")  # its hosts are not declared twice

    talk(conversation, "--stdio")


def test_a_hosts_file_with_a_mistake_is_shown_and_what_it_held_counts(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text("host alpha address 192.0.2.7\n")

    async def conversation(editor: Editor) -> None:
        editor.open("bridge b on alpha\n")
        await editor.codes()
        (tmp_path / "hosts.vnet").write_text("host alpha address nonsense\n")
        editor.change("bridge b on alpha \n")
        await editor.codes("E104", name="hosts.vnet")
        await editor.codes()

    talk(conversation, "--stdio")


COMPLETED = [
    ("br▮", {"bridge"}),
    ("▮", {"bridge", "migrate", "let", "for"}),
    ("bridge b on k▮", {"kvm1", "kvm2", "kvm3"}),
    ("bridge mine on kvm1\ntunnel t kvm1<->kvm2 on ▮", {"mine"}),
    ("tunnel t kvm1<->kvm2 type g▮", {"gre", "geneve"}),
    ("vm web1 on kvm1\nfor i in 1..2 { start w▮", {"web1"}),
    ("let size 2G\nlet n 3\nvm a on kvm1 memory $▮", {"size", "n"}),
    ("let size 2G\nvm a on kvm1 memory ${s▮", {"size"}),
]


def test_completion(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        for number, (marked, some) in enumerate(COMPLETED):
            text, position = cursor(marked)
            document = editor.open(text, f"{number}.vnet")
            found = await editor.client.text_document_completion_async(
                types.CompletionParams(document, position)
            )
            assert isinstance(found, list | tuple), marked
            assert some <= {item.label for item in found}, marked
            assert list(found) == sorted(found, key=lambda item: item.sort_text or ""), marked
            last = text.split()[-1] if text.strip() and not text.endswith(" ") else ""
            typed = last.rpartition("$")[2].removeprefix("{")
            for item in found:
                assert isinstance(item.text_edit, types.TextEdit), marked
                assert item.text_edit.range.end == position, marked
                assert item.text_edit.range.start.character == position.character - len(typed), marked
                assert item.label.startswith(typed), marked

    talk(conversation)


HOVERED = [
    ("bri▮dge b on kvm1", ["**bridge**: A virtual switch", "`uplink`"]),
    ("mig▮rate a to kvm2", ["**migrate**", "migrate cirros01 to kvm2"]),
    ("vm a mem▮ory 1G", ["**memory** (of vm)", "takes a size", "default: `512M`", "backends: all"]),
    ("tunnel t kvm1<->kvm2 type ▮vxlan", ["**type** (of tunnel)", "`gre`, `vxlan`, `geneve`"]),
    ("bridge b on kvm▮2", ["**on** (of bridge)", "host `kvm2`, address 192.0.2.2"]),
    ("vm a port vs vl▮an 10", ["**vlan** (of port)", "`none` clears it"]),
    ("vm we▮b$i on kvm1", ["`web$i`: a vm's name"]),
    ("le▮t n 3", ["**let**"]),
    ("bridge b on kvm1  # ▮nothing", []),
    ("nonsense▮", []),
]


def test_hover(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        for number, (marked, parts) in enumerate(HOVERED):
            text, position = cursor(marked)
            document = editor.open(text, f"{number}.vnet")
            hover = await editor.client.text_document_hover_async(types.HoverParams(document, position))
            assert bool(hover) == bool(parts), marked
            if hover:
                assert isinstance(hover.contents, types.MarkupContent), marked
                assert [part for part in parts if part not in hover.contents.value] == [], marked
                assert hover.range, marked
                assert hover.range.start.character <= position.character <= hover.range.end.character, marked

    talk(conversation)


DEFINED: list[tuple[str, list[tuple[str, int, int, int]]]] = [
    ("bridge mine on kvm1\ntunnel t kvm1<->kvm2 on mi▮ne", [("", 0, 7, 11)]),
    ("bridge b on kvm1\nvm b on kvm1 port ▮b", [("", 0, 7, 8)]),
    ("vm web1 on kvm1\nmigrate web▮1 to kvm2", [("", 0, 3, 7)]),
    ("for i in 1..2 { vm web$i on kvm1 }\nstart web▮2", [("", 0, 19, 24)]),
    ("vm web[01-10] on kvm1\nstart web▮07", [("", 0, 3, 13)]),
    ("vm web[01-10] on kvm1\nstart web▮7", []),
    ("let n 3\nfor i in 1..$▮n { vm w$i on kvm1 }", [("", 0, 4, 5)]),
    ('include "part.vnet"\nstart inn▮er', [("part.vnet", 1, 3, 8)]),
    ('include "pa▮rt.vnet"', [("part.vnet", 0, 0, 0)]),
    ('include "no▮ne.vnet"', []),
    ("bridge b on alp▮ha", [("hosts.vnet", 0, 5, 10)]),
    ("vm a on kvm1 port b name p1\ndelete port p▮1", [("", 0, 25, 27)]),
    ("bridge b on kvm1\nvm nobody on kvm1\nmigrate some▮body to kvm1", []),
]


def test_go_to_definition(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "part.vnet").write_text("# a part\nvm inner on alpha\n")
    (tmp_path / "hosts.vnet").write_text("host alpha address 192.0.2.7\nhost kvm1 address 192.0.2.8\n")

    async def conversation(editor: Editor) -> None:
        for number, (marked, places) in enumerate(DEFINED):
            text, position = cursor(marked)
            document = editor.open(text, f"{number}.vnet")
            found = await editor.client.text_document_definition_async(
                types.DefinitionParams(document, position)
            )
            assert isinstance(found, list | tuple), marked
            expected = [
                types.Location(editor.uri(name or f"{number}.vnet"), range_(*at)) for name, *at in places
            ]
            assert list(found) == expected, marked

    talk(conversation, "--stdio")


async def renamed(editor: Editor, marked: str, new: str) -> dict[str, list[tuple[int, int, int]]]:
    text, position = cursor(marked)
    document = editor.open(text)
    prepared = await editor.client.text_document_prepare_rename_async(
        types.PrepareRenameParams(document, position)
    )
    assert isinstance(prepared, types.Range)
    edit = await editor.client.text_document_rename_async(types.RenameParams(document, position, new))
    assert edit
    assert edit.changes
    found: dict[str, list[tuple[int, int, int]]] = {}
    for uri, edits in edit.changes.items():
        assert all(e.new_text == new for e in edits)
        places = [(e.range.start.line, e.range.start.character, e.range.end.character) for e in edits]
        found[uri.rpartition("/")[2]] = places
    return found


def test_rename_changes_what_is_meant_and_nothing_else(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "part.vnet").write_text("vm a on kvm1 port mine\n")

    async def conversation(editor: Editor) -> None:
        marked = (
            'include "part.vnet"\nbridge mi▮ne on kvm1, kvm2  # mine\nvm mine on kvm1 port "mine" name mine\n'
            "tunnel t kvm1<->kvm2 on mine\ndelete bridge mine\n"
        )
        assert await renamed(editor, marked, "yours") == {
            "lab.vnet": [(1, 7, 11), (2, 22, 26), (3, 24, 28), (4, 14, 18)],
            "part.vnet": [(0, 18, 22)],
        }

    talk(conversation)


def test_rename_from_an_included_file_reaches_the_one_that_includes_it(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "part.vnet").write_text("")

    async def conversation(editor: Editor) -> None:
        editor.open('include "part.vnet"\nstart web1\n', "whole.vnet")
        assert await renamed(editor, "vm we▮b1 on kvm1\n", "web2") == {"lab.vnet": [(0, 3, 7)]}
        assert await renamed_in(editor, "part.vnet", "vm we▮b1 on kvm1\n", "web2") == {
            "whole.vnet", "part.vnet",
        }  # fmt: skip

    async def renamed_in(editor: Editor, name: str, marked: str, new: str) -> set[str]:
        text, position = cursor(marked)
        document = editor.open(text, name)
        edit = await editor.client.text_document_rename_async(types.RenameParams(document, position, new))
        assert edit
        assert edit.changes
        return {uri.rpartition("/")[2] for uri in edit.changes}

    talk(conversation)


def test_rename_of_a_variable(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        marked = 'let n 3\nfor i in 1..$▮n { vm w${n}x$i on kvm1 disk "a $n" }\nbridge n on kvm1\n'
        assert await renamed(editor, marked, "count") == {
            "lab.vnet": [(0, 4, 5), (1, 13, 14), (1, 23, 24), (1, 46, 47)]
        }

    talk(conversation)


def test_rename_of_a_host_reaches_the_hosts_file(talk: Any, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text("host alpha address 192.0.2.7\n")

    async def conversation(editor: Editor) -> None:
        assert await renamed(editor, "bridge b on al▮pha\n", "beta") == {
            "lab.vnet": [(0, 12, 17)],
            "hosts.vnet": [(0, 5, 10)],
        }

    talk(conversation, "--stdio")


REFUSED = [
    ("bri▮dge b on kvm1", "x", "there is no name here"),
    ("bridge b on kvm1 # no▮thing", "x", "there is no name here"),
    ("bridge b on kv▮m1", "x", "host `kvm1` is declared in none of these files"),
    ("bridge ▮b on kvm1\nbridge c on kvm1", "c", "there is a bridge `c` already: in "),
    ("bridge ▮b on kvm1", "no good", "`no good` is not a name"),
    ("bridge ▮b on kvm1", "a-name-of-twenty-one-", "is not a name"),
    ("bridge ▮b on kvm1", "much-too-long-for-it", "has 20 characters; at most 15 fit"),
    ("vm web[1-3▮] on kvm1", "x", "`web[1-3]` stands for several names"),
    ("vm web[1-3] on kvm1\nstart web▮2", "x", "`web2` is also meant by `web[1-3]`: in "),
    ("vm web[1-3] on kvm1\nvm a▮b on kvm1", "web3", "there is a vm `web3` already"),
    ("let ▮n 1", "2x", "`2x` is not a variable's name"),
    ('include "x▮.vnet"', "y.vnet", "a file is not renamed from here"),
]


def test_rename_is_refused_with_a_reason(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        for number, (marked, new, message) in enumerate(REFUSED):
            text, position = cursor(marked)
            document = editor.open(text, f"{number}.vnet")
            with pytest.raises(JsonRpcException) as refused:
                await editor.client.text_document_rename_async(types.RenameParams(document, position, new))
            assert message in refused.value.message, marked

    talk(conversation)


def test_formatting(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        document = editor.open("# a  \nbridge   b on kvm1,kvm2\nfor i in 1..2 {\nvm w$i on kvm1\n}")
        asked = types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
        edits = await editor.client.text_document_formatting_async(asked)
        assert edits
        assert [(edit.range.start.line, edit.range.end.line, edit.new_text) for edit in edits] == [
            (0, 2, "# a\nbridge b on kvm1, kvm2\n"),
            (3, 4, "    vm w$i on kvm1\n}\n"),
        ]
        assert edits[-1].range.end == types.Position(4, 1)
        editor.change("# a\nbridge b on kvm1, kvm2\nfor i in 1..2 {\n    vm w$i on kvm1\n}\n")
        assert await editor.client.text_document_formatting_async(asked) == ()
        editor.change("bridge b on kvm1,\n")
        assert await editor.client.text_document_formatting_async(asked) is None

    talk(conversation)


def test_colours(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        text = 'vm v disk "😀" memory 2G  # a\n\n  start w$i\n'
        document = editor.open(text)
        about = editor.about.capabilities.semantic_tokens_provider
        assert about
        found = await editor.client.text_document_semantic_tokens_full_async(
            types.SemanticTokensParams(document)
        )
        assert found
        line = column = 0
        seen = []
        for at in range(0, len(found.data), 5):
            down, right, length, kind, _ = found.data[at : at + 5]
            line, column = line + down, right + (0 if down else column)
            units = text.splitlines()[line].encode("utf-16-le")
            word = units[2 * column : 2 * (column + length)].decode("utf-16-le")
            seen.append((word, about.legend.token_types[kind]))
        assert seen == [
            ("vm", "type"), ("v", "class"), ("disk", "property"), ('"😀"', "string"), ("memory", "property"),
            ("2G", "number"), ("# a", "comment"), ("start", "function"), ("w", "class"), ("$i", "variable"),
        ]  # fmt: skip

    talk(conversation)


def test_nonsense_does_not_end_the_server(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        nowhere = types.TextDocumentIdentifier("file:///nowhere/at/all.vnet")
        with pytest.raises(JsonRpcException, match="there is no text"):
            await editor.client.text_document_hover_async(types.HoverParams(nowhere, types.Position(3, 3)))
        document = editor.open('"\x00{{}}}\\ $ ${ <-> "\n include "\n\ud7ff #')
        far = types.Position(99, 99)
        assert await editor.client.text_document_definition_async(types.DefinitionParams(document, far)) == []
        await editor.client.text_document_completion_async(types.CompletionParams(document, far))
        editor.client.protocol._send_data({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": 7})
        editor.change("bridge b on kvm9\n")
        await editor.codes("E102")

    talk(conversation)


def test_a_lab_or_file_that_is_not_there_is_said_once(talk: Any) -> None:
    async def conversation(editor: Editor) -> None:
        editor.open("bridge b on kvm1\n")
        await editor.codes("E102")
        await editor.until(lambda: editor.messages)
        editor.change("bridge b on kvm1 \n")
        editor.change("bridge b on kvm1, kvm2 \n")
        await editor.codes("E102", "E102")
        assert len(editor.messages) == 1
        assert "there is no hosts file nowhere.vnet" in editor.messages[0]

    talk(conversation, "--hosts", "nowhere.vnet")


def test_no_host_is_ever_asked(talk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts.vnet").write_text("host alpha address 192.0.2.7 ssh nobody@192.0.2.7\n")
    script = "bridge b on alpha\nvm v on alpha port b\nmigrate v to alpha\n"
    called = tmp_path / "called"
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f"#!/bin/sh\ntouch {called}\nexit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:/usr/bin:/bin")

    async def conversation(editor: Editor) -> None:
        document = editor.open(script)
        await editor.codes()
        await editor.client.text_document_completion_async(
            types.CompletionParams(document, types.Position(2, 8))
        )
        await editor.client.text_document_hover_async(types.HoverParams(document, types.Position(0, 13)))

    talk(conversation, "--stdio")
    assert not called.exists()
    subprocess.run([VNETSH, "plan", "-c", script], cwd=tmp_path, check=False, capture_output=True, timeout=60)
    assert called.exists()  # so the one above could have failed
