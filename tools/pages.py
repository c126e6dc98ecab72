"""Copy the pages of the checks into the package, so that `oyiflow explain OF502` has them where only the package is installed.

python3 tools/pages.py            write the copies
python3 tools/pages.py --check    1 if a copy is not what the document says
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMES = ("checks.md", "checks.zh-CN.md")


def stale() -> list[str]:
    """The names of copies that differ from their documents."""
    pairs = ((name, ROOT / "docs" / name, ROOT / "oyiflow" / "pages" / name) for name in NAMES)
    return [name for name, page, copy in pairs if not copy.is_file() or copy.read_bytes() != page.read_bytes()]


def main() -> int:
    """Write what is stale, or only say it."""
    found = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(found) if found else "fresh")
        return 1 if found else 0
    for name in found:
        (ROOT / "oyiflow" / "pages" / name).write_bytes((ROOT / "docs" / name).read_bytes())
        print(f"oyiflow/pages/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
