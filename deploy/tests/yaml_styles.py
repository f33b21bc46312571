"""The same objects in the many ways that people write YAML: for each seed another, with comments and blank lines in it."""

import random


class Writer:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.dash = self.random.choice([0, 2])
        self.step = self.random.choice([2, 2, 3, 4])
        self.newline = self.random.choice(["\n", "\n", "\r\n"])
        self.comments = 0

    def text(self, documents: list[dict]) -> str:
        parts = ["\n".join(self._block(one, 0)) + "\n" for one in documents]
        text = "---\n".join(parts)
        if self.random.random() < 0.2:
            text = "---\n" + text
        if self.random.random() < 0.2:
            text = text.rstrip("\n")  # a file without the last line end
        if self.random.random() < 0.1:
            text = "\ufeff" + text
        return text.replace("\n", self.newline)

    def _comment(self) -> str:
        self.comments += 1
        return f"# comment {self.comments}: with 'signs' - of: all [kinds]"

    def _between(self, column: int) -> list[str]:
        """What may stand between two lines."""
        chance = self.random.random()
        if chance < 0.08:
            return [""]
        if chance < 0.2:
            return [" " * max(0, column + self.random.choice([-2, 0, 0, 2])) + self._comment()]
        return []

    def _end(self) -> str:
        return "   " + self._comment() if self.random.random() < 0.1 else ""

    def _scalar(self, value) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            return str(value)
        plain = value.replace("/", "").replace("-", "").replace(".", "").isalpha() and value.lower() not in ("yes", "no", "on", "off")
        return self.random.choice([value] * 3 * plain + [f'"{value}"', f"'{value}'"])

    def _flow(self, value) -> str:
        space = self.random.choice(["", " "])
        if isinstance(value, dict):
            return "{" + space + ", ".join(f"{key}: {self._flow(inner)}" for key, inner in value.items()) + space + "}"
        if isinstance(value, list):
            return "[" + space + ", ".join(map(self._flow, value)) + space + "]"
        return self._scalar(value)

    def _member(self, key: str, value, column: int) -> list[str]:
        pad = " " * column
        if isinstance(value, (dict, list)) and value and self.random.random() < (0.75 if self._size(value) > 3 else 0.3):
            inner = column + (self.dash if isinstance(value, list) else self.step)
            return [f"{pad}{key}:{self._end()}", *self._between(inner), *self._block(value, inner)]
        if isinstance(value, str) and "\n" in value:
            lines = value.splitlines()
            return [f"{pad}{key}: {'|' if value.endswith(chr(10)) else '|-'}"] + [" " * (column + self.step) + line if line else "" for line in lines]
        return [f"{pad}{key}: {self._flow(value)}{self._end()}"]

    def _size(self, value) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return 1 + sum(map(self._size, inner))

    def _block(self, value, column: int) -> list[str]:
        lines: list[str] = []
        if isinstance(value, dict):
            for key, inner in value.items():
                lines += self._member(key, inner, column) + self._between(column)
            return lines
        for item in value:
            if isinstance(item, dict) and item and self.random.random() < 0.9:
                gap = self.random.choice([1, 1, 1, 3])
                inner = self._block(item, column + 1 + gap)
                lines += [" " * column + "-" + inner[0][column + 1:], *inner[1:]]
            else:
                lines.append(f"{' ' * column}- {self._flow(item)}")
            lines += self._between(column)
        return lines
