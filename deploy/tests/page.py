"""The commands of a page: what stands in its ```sh fences after a comment of the form <!-- name -->."""

import re
from pathlib import Path


def commands(page: Path) -> dict[str, str]:
    """By the name of the section, the text of its fences in order. ```console is for reading only."""
    sections: dict[str, list[str]] = {}
    current, fence = None, None
    for line in page.read_text().splitlines():
        if fence is None and (name := re.fullmatch(r"<!-- ([a-z -]+) -->", line)):
            current = None if name[1] == "end" else sections.setdefault(name[1], [])
        elif fence is None and line.startswith("```"):
            fence = line[3:]
        elif line == "```":
            fence = None
        elif fence == "sh":
            if current is None:
                raise ValueError(f"commands outside of every section: {line}")
            current.append(line)
    return {name: "\n".join(lines) + "\n" for name, lines in sections.items()}
