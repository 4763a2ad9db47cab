"""`v2ghub doctor`: what is wrong, in words, with what to do."""

import asyncio

import typer

from v2ghub.output import AsJson, answer, escaped, out


def doctor(as_json: AsJson = False) -> None:
    """Look at the hub, running or not; exit code 1 if something is wrong."""
    from v2ghub.findings import Patient, examine
    from v2ghub.settings import read_settings

    findings = asyncio.run(examine(Patient(read_settings())))
    bad = [one for one in findings if not one.ok]
    if as_json:
        rows = [
            {"subject": one.subject, "ok": one.ok, "text": one.text, "advice": one.advice or None}
            for one in findings
        ]
        answer(True, {"ok": not bad, "findings": rows}, "")
    else:
        for one in findings:
            mark = "[green]✓[/green]" if one.ok else "[bold red]✗[/bold red]"
            out.print(f"{mark} {escaped(one.subject)}: {escaped(one.text)}")
            if one.advice:
                out.print(f"    → {escaped(one.advice)}")
        out.print(f"{len(bad)} wrong" if bad else "all is well")
    raise typer.Exit(1 if bad else 0)
