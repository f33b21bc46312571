"""Takes figures as Prometheus would, by the parsers of its own client library.

scrape.py figures URL                 both forms, compared; prints {"name{label="value"}": number, ...}
scrape.py files TEXT OPENMETRICS      the same for two files
"""
import json
import sys
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as text_families

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def get(url, accept):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        if answer.headers["Content-Type"] != accept:
            sys.exit(f"asked for {accept}, got {answer.headers['Content-Type']}")
        return answer.read().decode()


def figures(families):
    found = {}
    for family in families:
        for name, labels, value, *_ in family.samples:
            key = name + "{" + ",".join(f'{label}="{value}"' for label, value in sorted(labels.items())) + "}"
            if key in found:
                sys.exit(f"{key} is there twice")
            found[key] = value
    return found


def kinds(families, is_open):
    """By name of the family without its ending; text has no infos, which are gauges there."""
    found = {}
    for family in families:
        name, kind = family.name, family.type
        if not is_open and kind == "gauge" and name.endswith("_info"):
            name, kind = name.removesuffix("_info"), "info"
        found[name] = kind
    return found


if sys.argv[1] == "files":
    text, other = (open(name, encoding="utf-8", newline="").read() for name in sys.argv[2:4])
else:
    text, other = get(sys.argv[2], TEXT), get(sys.argv[2], OPEN)
one, two = list(text_families(text)), list(open_families(other))
if kinds(one, False) != kinds(two, True):
    sys.exit(f"families differ: {kinds(one, False)}, {kinds(two, True)}")
result = figures(two)
if figures(one).keys() != result.keys():
    sys.exit("samples differ")
print(json.dumps(result))
