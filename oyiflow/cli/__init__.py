"""The command line: prints and exit codes; it decides nothing.

Exit codes: 0 all is well; 1 the files have errors, or the request was refused; 2 the command was typed wrongly;
3 the store cannot be used now; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from oyiflow.cli.arguments import parser
from oyiflow.cli.console import Console
from oyiflow.errors import InvalidCompany, InvalidDefinition, OyiFlowError, StoreUnavailable

Command = Callable[[argparse.Namespace, Console], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _utf8()
    arguments = parser().parse_args(argv)
    console = Console(lang=arguments.lang, as_json=arguments.json)
    try:
        code = command(arguments.run)(arguments, console)
        sys.stdout.flush()
        return code
    except StoreUnavailable as error:
        console.failure(error)
        return 3
    except OyiFlowError as error:
        console.failure(error)
        if isinstance(error, InvalidDefinition | InvalidCompany):
            console.hint("oyiflow check 会列出每一处", "oyiflow check lists every place")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone (`oyiflow log … | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def command(name: str) -> Command:
    """The function that carries a command out, as `arguments` names it: `"instances.start"`."""
    module, _, function = name.partition(".")
    found: Command = getattr(import_module(f"oyiflow.cli.{module}"), function)
    return found


def _utf8() -> None:
    """Chinese is printed right where the locale is C or a Windows code page."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller (`>&-`)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(encoding="utf-8", errors="replace")
