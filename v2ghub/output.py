"""What a command prints: words for people on the terminal, or one JSON object with `--json`.

Progress goes to stderr, so that stdout holds the answer alone.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def progress(line: str) -> None:
    """One step of a longer way."""
    err.print(f"[dim]▸[/dim] {escaped(line)}")


def answer(as_json: bool, facts: Mapping[str, Any], words: str) -> None:
    """The result of a command: `facts` as JSON, or `words`."""
    if as_json:
        typer.echo(json.dumps(facts, default=str))
    else:
        out.print(escaped(words))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows for people."""
    drawn = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*(escaped(cell) for cell in row))
    out.print(drawn)


def escaped(text: str) -> str:
    """`text` without meaning to rich's markup."""
    return text.replace("[", r"\[")
