"""What a verb has found, as text in the format that was asked for: tables, pages of one thing, trees."""

from __future__ import annotations

from vnetsh.interface.render import Style
from vnetsh.interface.tables import as_text, render_rows, rows_of
from vnetsh.schema import Answer
from vnetsh.session import Session

_DATA = ("json", "yaml")


def answer_text(answer: Answer, session: Session, format: str, style: Style, width: int | None) -> str:
    """What is printed of an answer; nothing of an expectation that is not so: the report says that.

    Of things that are to be told whole it asks their hosts, too. Raises `VnetshError`.
    """
    if answer.fleet and format != "csv":
        return _pages(answer, session, format, style, width)
    if answer.tree:
        if format in _DATA:
            return as_text([one.as_json() for one in answer.tree], format)
        from vnetsh.interface.trees import tree_text

        return tree_text(answer.tree, style, width)
    if format in _DATA and answer.data is not None:
        return as_text(answer.data, format)
    if (answer.ok or answer.failed) and answer.text and format != "json":
        return answer.text
    if not answer.found:
        return ""
    kinds = session.vocabulary.kinds
    tables = {
        kinds[name].plural: rows_of(kinds[name], resources, answer.columns)
        for name, resources in answer.found.items()
    }
    return render_rows(tables, format, style, width, all=bool(answer.columns))


def _pages(answer: Answer, session: Session, format: str, style: Style, width: int | None) -> str:
    """All that can be told of each thing that was found."""
    from vnetsh.interface.pages import page_text
    from vnetsh.views.telling import pages_of

    assert answer.fleet
    known = session.vocabulary
    pages = [page for found in answer.found.values() for page in pages_of(session, found, answer.fleet)]
    if format not in _DATA:
        return "\n\n".join(page_text(page, known, style, width) for page in pages)
    documents = [page.as_json(known) for page in pages]
    return as_text(documents[0] if len(documents) == 1 else documents, format)
