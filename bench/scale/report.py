#!/usr/bin/env python3
"""Writes what the model and the prices come to: results.json, scale.svg, and the tables between the marks in README.md and
deploy/README.md. `--check` writes nothing and says what would change."""

import json
import re
import sys
from pathlib import Path

import cost
import model
import plot

HERE = Path(__file__).resolve().parent
PAGES = {"imbalance": HERE / "README.md", "loss": HERE / "README.md", "day": HERE / "README.md", "sizing": HERE / "README.md",
         "fixed": HERE.parents[1] / "deploy" / "README.md", "volume": HERE.parents[1] / "deploy" / "README.md"}

FORWARDERS, PORTS, COLLECTORS = (1, 10, 100, 1000), (1, 4, 16), (2, 3, 8, 32)


def results() -> dict:
    return {
        "seed": model.SEED,
        "imbalance": [
            {"forwarders": n, "source_ports": p, "collectors": c} | model.imbalance(n, p, c)
            for n in FORWARDERS for p in PORTS for c in COLLECTORS
        ],
        "loss": [{"collectors": c} | model.loss(c) for c in COLLECTORS],
        "day": {kind: model.day(kind)[3::4] for kind in model.DAYS},  # every four minutes, the last included
    }


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def money(value: float) -> str:
    return f"{value:,.2f}"


def tables(found: dict) -> dict[str, str]:
    by = {(one["forwarders"], one["source_ports"], one["collectors"]): one for one in found["imbalance"]}
    fixed, volume = cost.fixed(), cost.by_volume()
    sizing = [cost.sizing(*row) for row in cost.ROWS]
    return {
        "imbalance": table(
            ["forwarders", "source ports", *(f"{c} collectors" for c in COLLECTORS)],
            [[f"{n:,}", str(p), *(f"{by[n, p, c]['median']:.2f}, {by[n, p, c]['p95']:.2f}" for c in COLLECTORS)] for n in FORWARDERS for p in PORTS]),
        "loss": table(
            ["collectors", "of all bytes that change their collector", "if flows were not remembered"],
            [[str(one["collectors"]), f"{one['moved']:.1%}", f"{one['hashed_anew']:.1%}"] for one in found["loss"]]),
        "day": table(
            ["", "hottest collector at the end, of its capacity", "average", "collectors", "those that joined get, on average"],
            [[kind, f"{line[-1]['hottest']:.0%}", f"{line[-1]['average']:.0%}", str(line[-1]["collectors"]), f"{line[-1]['joined']:.0%}"]
             for kind, line in found["day"].items()]),
        "sizing": table(
            ["tasks", "Mbit/s each", "Gbit/s", "source ports", "collectors", "hottest", "forwarders' vCPU", "collectors, $", "load balancer, $",
             "forwarders' CPU, $", "sum, $", "+ if not zonal, $", "+ PrivateLink, $"],
            [[f"{one['tasks']:,}", f"{one['mbits']:g}", f"{one['total'] / 1000:g}", str(one["ports"]), str(one["collectors"]),
              f"{one['hottest']:.2f}", f"{one['vcpu']:.2f}", f"{one['collectors_cost']:,.0f}", f"{one['balancer_cost']:,.0f}",
              f"{one['forwarders_cost']:,.0f}", f"{one['collectors_cost'] + one['balancer_cost'] + one['forwarders_cost']:,.0f}",
              f"{one['zones_cost']:,.0f}", f"{one['privatelink_cost']:,.0f}"] for one in sizing]),
        "fixed": table(["part", "arithmetic", "$ a month"], [[part, how, money(sum_)] for part, how, sum_ in fixed]
                       + [["**together**", "", f"**{money(sum(one[2] for one in fixed))}**"]]),
        "volume": table(["part", "arithmetic", "$ a month"], [[part, how, money(sum_)] for part, how, sum_ in volume]),
    }


def outputs() -> dict[Path, str]:
    """Every file, and what it is to hold."""
    found = results()
    files = {HERE / "results.json": json.dumps(found, separators=(",", ":")).replace("},{", "},\n{") + "\n", HERE / "scale.svg": plot.svg(found)}
    for name, text in tables(found).items():
        page = PAGES[name]
        old = files.get(page, page.read_text())
        new, count = re.subn(rf"(<!-- table: {name} -->\n).*?(<!-- end of table -->)", lambda match, text=text: f"{match[1]}{text}\n{match[2]}", old, flags=re.S)
        assert count == 1, f"{page.name} has no place for the table {name}"
        files[page] = new
    return files


if __name__ == "__main__":
    files = outputs()
    changed = [str(path) for path, text in files.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(changed)}; make scale writes them anew" if changed else 0)
    for path, text in files.items():
        path.write_text(text)
