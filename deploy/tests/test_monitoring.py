"""Dashboard and lines for CloudWatch, as those see them who read them: Grafana's own types, AWS's own library."""

import json

import pytest
from aws_embedded_metrics import validator
from aws_embedded_metrics.storage_resolution import StorageResolution
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from stacks import DEPLOY

DASHBOARD = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())
FIGURES = DEPLOY.parent / "Tests" / "Figures"


def lost(ours, theirs, path=""):
    """What Grafana's types do not know, or take for something else."""
    if isinstance(ours, dict):
        return [one for key in ours for one in ([f"{path}/{key}"] if key not in theirs else lost(ours[key], theirs[key], f"{path}/{key}"))]
    if isinstance(ours, list):
        return [one for number, (a, b) in enumerate(zip(ours, theirs, strict=True)) for one in lost(a, b, f"{path}/{number}")]
    return [] if ours == theirs else [path]


def test_the_dashboard_is_one():
    read = json.loads(json.dumps(Dashboard.from_json(DASHBOARD), cls=JSONEncoder))
    assert lost(DASHBOARD, read) == []


def test_a_field_that_grafana_does_not_know_is_seen():
    wrong = json.loads(json.dumps(DASHBOARD))
    wrong["panels"][1]["gridPosition"] = {}
    assert lost(wrong, json.loads(json.dumps(Dashboard.from_json(wrong), cls=JSONEncoder))) == ["/panels/1/gridPosition"]


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [(x, y) for panel in panels for box in [panel["gridPos"]] for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24


@pytest.mark.parametrize("name", ["forwarder", "receive"])
def test_lines_are_what_the_library_would_write(name):
    line = json.loads((FIGURES / f"{name}.emf.json").read_text())
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    validator.validate_namespace(directive["Namespace"])
    for dimensions in directive["Dimensions"]:
        validator.validate_dimension_set({key: line[key] for key in dimensions})
    for metric in directive["Metrics"]:
        validator.validate_metric(metric["Name"], float(line[metric["Name"]]), metric["Unit"], StorageResolution.STANDARD, {})
    assert 10 < len(directive["Metrics"]) <= 100
