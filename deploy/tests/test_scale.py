"""Figures, tables and pictures that are committed are what the model, the prices and the templates come to."""

import json
import math
import subprocess
import sys

import pytest

from picture import dot
from stacks import DEPLOY, REPOSITORY, private_vpc

SCALE = REPOSITORY / "bench" / "scale"
sys.path.insert(0, str(SCALE))
import cost  # noqa: E402
import model  # noqa: E402


def test_everything_written_is_up_to_date():
    result = subprocess.run([sys.executable, SCALE / "report.py", "--check"], text=True, capture_output=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_picture_is_that_of_the_templates():
    assert (REPOSITORY / "docs" / "private-vpc.dot").read_text() == dot()


class TestPrices:
    def test_each_has_a_source_and_all_a_date(self):
        assert cost.PRICES["date"] == "2026-11" and cost.PRICES["region"] == "us-east-1"
        for name, one in cost.PRICES.items():
            if isinstance(one, dict):
                assert one["price"] > 0 and one["of"] and one["source"].startswith("https://aws.amazon.com/"), name

    def test_pages_name_the_date(self):
        for page in (SCALE / "README.md", DEPLOY / "README.md"):
            assert "November 2026" in page.read_text()

    def test_arithmetic_says_what_it_comes_to(self):
        """The middle column of the tables, worked out by Python, is the right one."""
        for part, arithmetic, amount in cost.fixed() + cost.by_volume():
            words = [word.strip("(").rstrip(")") for word in arithmetic.replace(",", "").replace("x", "*").split()]
            units = {"zones", "h", "GB", "ns", "s", "frames/s"}
            expression = " ".join(word for word in arithmetic.replace(",", "").replace(" x ", " * ").split() if word not in units)
            value = eval(expression, {"__builtins__": {}}) * (1e-9 if "ns" in words else 1)
            assert value == pytest.approx(amount, rel=2e-3), part


class TestCost:
    """By hand, from the prices alone."""

    def test_a_month_of_100_megabits(self):
        gigabytes = 100e6 / 8 * 730 * 3600 / 2**30
        assert cost.gigabytes(100) == pytest.approx(gigabytes) and round(gigabytes) == 30594
        by = {part: amount for part, _, amount in cost.by_volume(100)}
        assert by["NLCU"] == pytest.approx(gigabytes * 0.006)
        assert by["between zones, if it does not stay in its zone"] == pytest.approx(611.88, abs=0.01)
        assert by["PrivateLink"] == pytest.approx(gigabytes * 0.01 + 21.90)

    def test_cpu_is_what_was_measured(self):
        rows = json.loads((REPOSITORY / "bench" / "results" / "latest.json").read_text())["rows"]
        measured = [one["forwarderPerFrame"]["median"] for one in rows if (one["load"], one["contender"]) == ("http1k", "ring")]
        assert [cost.nanoseconds_per_frame()] == measured
        assert cost.vcpu(100) == pytest.approx(20_000 * measured[0] * 1e-9)

    @pytest.mark.parametrize("tasks, mbits", cost.ROWS)
    def test_sizing(self, tasks, mbits):
        one = cost.sizing(tasks, mbits)
        total = tasks * mbits
        # Enough, also for the hottest, and not one in each zone more than that.
        assert total / one["collectors"] * one["hottest"] <= cost.COLLECTOR_MBITS
        assert one["collectors"] % 3 == 0 and one["collectors"] >= 3
        fewer = one["collectors"] // 3 - 1
        if fewer:
            hottest = 1 if fewer == 1 else model.imbalance(math.ceil(tasks / 3), one["ports"], fewer)["p95"]
            assert total / 3 / fewer * hottest > cost.COLLECTOR_MBITS
        assert one["collectors_cost"] == pytest.approx(one["collectors"] * (730 * 0.08925 + 30 * 0.08))
        assert one["balancer_cost"] == pytest.approx(730 * 0.0225 + cost.gigabytes(total) * 0.006)  # bytes lead, not flows
        assert one["forwarders_cost"] == pytest.approx(cost.vcpu(total) * 730 * 3600 * 0.000011244)
        assert one["zones_cost"] == pytest.approx(cost.gigabytes(total) * 2 / 3 * 0.02)
        assert one["privatelink_cost"] == pytest.approx(cost.gigabytes(total) * 0.01 + 21.90)

    def test_parts_are_those_of_the_templates(self):
        """As many endpoints, metrics and alarms as are paid for."""
        resources = [one for stack in private_vpc().values() for one in stack.resources().values()]

        def count(kind, **properties):
            return sum(one["Type"] == kind and properties.items() <= one["Properties"].items() for one in resources)

        assert count("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface") == 4
        assert count("AWS::Logs::MetricFilter") == 4
        alarms = [one["Properties"] for one in resources if one["Type"] == "AWS::CloudWatch::Alarm"]
        assert sum(max(1, sum("MetricStat" in query for query in alarm.get("Metrics", []))) for alarm in alarms) == 4


class TestModel:
    def test_one_port_loads_one_collector(self):
        assert model.imbalance(1, 1, 8) == {"median": 8.0, "p95": 8.0}

    @pytest.mark.parametrize("collectors", [3, 8])
    def test_more_forwarders_and_more_ports_are_more_even(self, collectors):
        for one, other in (((1, 4), (10, 4)), ((10, 4), (100, 4)), ((10, 1), (10, 4)), ((10, 4), (10, 16))):
            assert model.imbalance(*other, collectors)["p95"] < model.imbalance(*one, collectors)["p95"]

    def test_a_lost_collector_moves_its_share(self):
        for collectors in (3, 8, 32):
            found = model.loss(collectors)
            assert found["moved"] == pytest.approx(1 / collectors, rel=0.1)
            assert found["hashed_anew"] == pytest.approx(1 - 1 / collectors, rel=0.05)

    def test_a_new_collector_gets_nothing_from_forwarders_that_run(self):
        last = {kind: model.day(kind)[-1] for kind in model.DAYS}
        assert last["same tasks"]["collectors"] > 3 and last["same tasks"]["joined"] == 0
        assert 0 < last["more tasks"]["joined"] < last["restarted"]["joined"]
        # Which is why collectors are sized for the peak, and never taken away.
        assert last["prepared"]["hottest"] < 1 < last["more tasks"]["hottest"]

    def test_templates_have_the_defaults_that_it_argues_for(self):
        scaling = private_vpc()["collector"].resources()["Scaling"]["Properties"]["TargetTrackingConfiguration"]
        assert scaling["DisableScaleIn"] is True
        assert scaling["TargetValue"] == 0.7 * cost.frames(cost.COLLECTOR_MBITS) * 300
        task = private_vpc()["service"].resources()["Task"]["Properties"]["ContainerDefinitions"][1]
        assert {"Name": "SOURCE_PORTS", "Value": 4} in task["Environment"]
