"""scale.svg: three panels, drawn by hand so that nothing has to be installed for it."""

import math

WIDTH, HEIGHT, LEFT, TOP, GAP = 300, 190, 56, 52, 84
COLOURS = ["#0b6e99", "#c44900", "#4c8c2b", "#7d4fa6"]


class Panel:
    def __init__(self, number: int, title: str, x: tuple[float, float], y: tuple[float, float], log: bool):
        self.left, self.x, self.y, self.log = LEFT + number * (WIDTH + GAP), x, y, log
        self.parts = [f'<text class="title" x="{self.left}" y="{TOP - 22}">{title}</text>',
                      f'<rect class="frame" x="{self.left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}"/>']

    def at(self, x: float, y: float) -> tuple[float, float]:
        if self.log:
            across = (math.log(x) - math.log(self.x[0])) / (math.log(self.x[1]) - math.log(self.x[0]))
        else:
            across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (min(y, self.y[1]) - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * WIDTH, TOP + HEIGHT * (1 - up)

    def ticks(self, xs, ys, x_label: str, y_format):
        for value in xs:
            x, _ = self.at(value, self.y[0])
            self.parts.append(f'<text class="tick" x="{x:.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{value:g}</text>')
        for value in ys:
            _, y = self.at(self.x[0], value)
            self.parts.append(f'<line class="grid" x1="{self.left}" x2="{self.left + WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
                              f'<text class="tick" x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{y_format(value)}</text>')
        self.parts.append(f'<text class="tick" x="{self.left + WIDTH / 2}" y="{TOP + HEIGHT + 34}" text-anchor="middle">{x_label}</text>')

    def line(self, points, number: int, label: str):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        y = TOP + HEIGHT + 52 + 15 * number
        self.parts.append(f'<polyline fill="none" stroke="{COLOURS[number]}" stroke-width="2" points="{path}"/>'
                          f'<line x1="{self.left}" x2="{self.left + 18}" y1="{y}" y2="{y}" stroke="{COLOURS[number]}" stroke-width="3"/>'
                          f'<text class="tick" x="{self.left + 24}" y="{y + 4}">{label}</text>')


def svg(found: dict) -> str:
    panels = [_imbalance(found["imbalance"]), _loss(found["loss"]), _day(found["day"])]
    width, height = LEFT + 3 * (WIDTH + GAP) - GAP + 24, TOP + HEIGHT + 120
    style = ("text{font-family:sans-serif;fill:#222}.title{font-size:14px;font-weight:bold}.tick{font-size:11px}"
             ".frame{fill:none;stroke:#888}.grid{stroke:#ddd}")
    body = "\n".join("\n".join(panel.parts) for panel in panels)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
            f'<style>{style}</style>\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')


def _imbalance(rows) -> Panel:
    panel = Panel(0, "Hottest collector (p95) over average", (1, 16000), (1, 4), log=True)
    panel.ticks((1, 10, 100, 1000, 10000), (1, 1.5, 2, 3, 4), "forwarders x source ports", lambda value: f"{value:g}")
    for number, collectors in enumerate(sorted({row["collectors"] for row in rows})):
        best: dict[int, float] = {}
        for row in rows:
            if row["collectors"] == collectors:
                product = row["forwarders"] * row["source_ports"]
                best[product] = max(best.get(product, 0), row["p95"])
        panel.line(sorted(best.items()), number, f"{collectors} collectors")
    return panel


def _loss(rows) -> Panel:
    panel = Panel(1, "A collector goes: bytes that move", (2, 32), (0, 1), log=True)
    panel.ticks((2, 3, 8, 32), (0, 0.25, 0.5, 0.75, 1), "collectors before", lambda value: f"{value:.0%}")
    panel.line([(row["collectors"], row["moved"]) for row in rows], 0, "flows are remembered: the lost one's share")
    panel.line([(row["collectors"], row["hashed_anew"]) for row in rows], 1, "if all were hashed anew")
    return panel


def _day(days) -> Panel:
    panel = Panel(2, "Traffic grows: the hottest collector", (0, 240), (0, 1.8), log=False)
    panel.ticks((0, 60, 120, 180, 240), (0, 0.5, 1, 1.5), "minutes", lambda value: f"{value:.0%}")
    for number, (kind, line) in enumerate(days.items()):
        panel.line([(one["minute"], one["hottest"]) for one in line], number, kind)
    return panel
