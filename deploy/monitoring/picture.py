#!/usr/bin/env python3
"""Draws the panels of dashboard.json from what a Prometheus server has, as SVG on standard output; this is not Grafana.

picture.py URL START END [STEP]      times in seconds since 1970
"""
import json
import sys
import urllib.parse
import urllib.request
from pathlib import Path

URL, START, END = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
STEP = float(sys.argv[4]) if len(sys.argv) > 4 else 1
COLUMN, ROW, HEAD, MARGIN = 46, 24, 30, 10
COLOURS = ["#3b76c4", "#d9822b", "#3a9b5c", "#c0426b", "#7b5bb5", "#8a8d3c", "#4aa5b5", "#8c5a3c"]
# What Grafana would put in their place.
VARIABLES = {"$__rate_interval": "10s", "$job": ".*", "$instance": ".*"}


def query(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    form = urllib.parse.urlencode({"query": expression, "start": START, "end": END, "step": STEP})
    with urllib.request.urlopen(f"{URL}/api/v1/query_range?{form}", timeout=30) as answer:
        return json.load(answer)["data"]["result"]


def legend(form, labels):
    for name in ("errno", "reason", "message", "instance", "collector", "sender"):
        form = form.replace("{{" + name + "}}", labels.get(name, ""))
    return form.strip()


def shown(value, unit):
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    base, names = (1024, ["B", "KiB", "MiB", "GiB"]) if unit == "bytes" else (1000, ["", "k", "M", "G"])
    if unit == "s":
        for factor, name in ((1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")):
            if abs(value) >= factor:
                return f"{value / factor:.3g} {name}"
        return "0 s"
    power = 0
    while abs(value) >= base and power < len(names) - 1:
        value, power = value / base, power + 1
    return f"{value:.3g} {names[power]}{ {'bps': 'bit/s', 'pps': '/s'}.get(unit, '')}".strip()


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def panel(one):
    box = one["gridPos"]
    left, top, width, height = box["x"] * COLUMN + 4, box["y"] * ROW + HEAD + 4, box["w"] * COLUMN - 8, box["h"] * ROW - 8
    lines = [f'<rect x="{left}" y="{top}" width="{width}" height="{height}" class="panel"/>',
             f'<text x="{left + MARGIN}" y="{top + 18}" class="title">{escaped(one["title"])}</text>']
    series = []
    for target in one["targets"]:
        for result in query(target["expr"]):
            points = [(float(time), float(value)) for time, value in result["values"] if value not in ("NaN", "+Inf", "-Inf")]
            if points:
                series.append((legend(target["legendFormat"], result["metric"]), points))
    if not series:
        return lines + [f'<text x="{left + width / 2}" y="{top + height / 2}" class="none">none</text>']
    unit = one["fieldConfig"]["defaults"]["unit"]
    values = [value for _, points in series for _, value in points]
    low, high = min(0, *values), max(values)
    high = high if high > low else low + 1
    x0, y0, x1, y1 = left + 70, top + 28, left + width - MARGIN, top + height - 26
    for part in (0, 0.5, 1):
        y = y1 - (y1 - y0) * part
        lines.append(f'<line x1="{x0}" y1="{y:.1f}" x2="{x1}" y2="{y:.1f}" class="grid"/>')
        lines.append(f'<text x="{x0 - 5}" y="{y + 4:.1f}" class="axis">{shown(low + (high - low) * part, unit)}</text>')
    at = left + MARGIN
    for number, (name, points) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(
            f"{x0 + (x1 - x0) * (time - START) / (END - START):.1f},{y1 - (y1 - y0) * (value - low) / (high - low):.1f}" for time, value in points)
        lines.append(f'<polyline points="{path}" stroke="{colour}" class="line"/>')
        if at + 12 + 6.2 * len(name) <= left + width:
            lines.append(f'<rect x="{at}" y="{top + height - 15}" width="8" height="8" fill="{colour}"/>')
            lines.append(f'<text x="{at + 12}" y="{top + height - 7}" class="legend">{escaped(name)}</text>')
            at += 22 + 6.2 * len(name)
    return lines


dashboard = json.loads((Path(__file__).parent / "dashboard.json").read_text())
body, bottom = [], 0
for one in dashboard["panels"]:
    box = one["gridPos"]
    bottom = max(bottom, (box["y"] + box["h"]) * ROW + HEAD)
    if one["type"] == "row":
        body.append(f'<text x="8" y="{box["y"] * ROW + HEAD + 18}" class="row">{escaped(one["title"])}</text>')
    else:
        body += panel(one)
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {bottom + 6}" font-family="sans-serif">')
print("<style>.panel{fill:#fff;stroke:#d0d4da}.title{font-size:13px;font-weight:600;fill:#222}.row{font-size:15px;font-weight:600;fill:#111}"
      ".axis{font-size:10px;text-anchor:end;fill:#555}.legend{font-size:10.5px;fill:#333}.none{font-size:12px;text-anchor:middle;fill:#888}"
      ".grid{stroke:#e6e8ec}.line{fill:none;stroke-width:1.5}</style>")
print(f'<rect width="100%" height="100%" fill="#f5f6f8"/><text x="8" y="21" font-size="17" font-weight="700" fill="#111">{dashboard["title"]}: '
      f'{END - START:.0f} seconds of a run, drawn from Prometheus by picture.py</text>')
print("\n".join(body))
print("</svg>")
