"""The tree-sitter grammar takes every script that vnetsh takes, and colours words as vnetsh does."""

from __future__ import annotations

import ctypes
import hashlib
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from generating import scripts
from hypothesis import HealthCheck, given, settings, strategies as st
from tree_sitter import Language, Parser, Query, QueryCursor, Tree

from vnetsh.diagnostics import Source
from vnetsh.language.highlighting import Role, tokens
from vnetsh.language.parsing import parse
from vnetsh.registry import load_plugins
from vnetsh_lsp.tree_sitter import highlights

FOLDER = ROOT / "grammar" / "tree-sitter-vnet"
SCRIPTS = sorted((ROOT / "scripts").glob("*.vnet"))
FILES = [*SCRIPTS, *sorted((ROOT / "tests" / "golden").rglob("*.vnet"))]
CAPTURES = {
    Role.LANGUAGE: ("keyword.control", "property", "constant"),  # `in` and `none`, too
    Role.NOUN: ("keyword",),
    Role.VERB: ("function",),
    Role.PART: ("keyword",),
    Role.KEY: ("property", "keyword"),  # `disk` is both, and what follows tells vnetsh which
    Role.COMMENT: ("comment",),
}
VOCABULARY = load_plugins().vocabulary


@pytest.fixture(scope="session")
def language(tmp_path_factory: pytest.TempPathFactory) -> Language:
    library = tmp_path_factory.mktemp("tree-sitter") / "vnet.so"
    source = FOLDER / "src"
    argv = ["cc", "-shared", "-fPIC", "-I", source, "-o", library, source / "parser.c"]
    subprocess.run(argv, check=True)
    function = ctypes.CDLL(str(library)).tree_sitter_vnet
    function.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return Language(capsule(function(), b"tree_sitter.Language", None))


def parsed(language: Language, text: str) -> Tree:
    return Parser(language).parse(text.encode())


def takes(text: str) -> bool:
    """Whether vnetsh finds nothing wrong with the shapes of a script's sentences."""
    return not parse(Source("<test>", text)).problems


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_vnetsh_takes_it_takes(path: Path, language: Language) -> None:
    text = path.read_text()
    assert parsed(language, text).root_node.has_error <= (not takes(text))


@given(text=scripts(VOCABULARY).filter(lambda text: "\0" not in text))  # tree-sitter ends a text there
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_script_of_the_vocabulary_is_taken(text: str, language: Language) -> None:
    assert takes(text)
    assert not parsed(language, text).root_node.has_error


@given(text=st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_is_no_more_than_wrong(text: str, language: Language) -> None:
    assert parsed(language, text).root_node.type in ("script", "ERROR")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_words_have_one_colour_and_it_is_vnetshs(path: Path, language: Language) -> None:
    text = path.read_text()
    query = Query(language, highlights(VOCABULARY))
    found: dict[int, set[str]] = {}
    for name, nodes in QueryCursor(query).captures(parsed(language, text).root_node).items():
        for node in nodes:
            if not name.startswith("_"):
                found.setdefault(len(text.encode()[: node.start_byte].decode()), set()).add(name)
    assert all(len(names) == 1 for names in found.values())
    for token in tokens(text, VOCABULARY):
        if token.role in CAPTURES:
            assert found.get(token.start, {""}) <= {*CAPTURES[token.role]}, text[token.start : token.end]


def test_what_is_generated_is_of_today(request: pytest.FixtureRequest) -> None:
    path = FOLDER / "queries" / "highlights.scm"
    if request.config.getoption("--update"):
        path.write_text(highlights(VOCABULARY))
    assert path.read_text() == highlights(VOCABULARY), "write it anew: scripts/tree-sitter"
    made_of = (FOLDER / "src" / "grammar.js.sha256").read_text().split()[0]
    assert hashlib.sha256((FOLDER / "grammar.js").read_bytes()).hexdigest() == made_of, "scripts/tree-sitter"
