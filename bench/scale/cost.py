"""What mirroring costs a month: list prices times what is used, part by part."""

import json
import math
from pathlib import Path

import model

HERE = Path(__file__).resolve().parent
PRICES = json.loads((HERE.parent.parent / "deploy" / "prices.json").read_text())
HOURS = 730
GB = 1 << 30
ZONES = 3

# Bytes of a mirrored frame with its outer headers, on average, as in HTTP traffic of short requests: 100 Mbit/s are 20,000 a second.
FRAME = 625
# What a collector of 2 vCPU with Suricata and a full rule set carries. An assumption, a third of the 830 Mbit/s a thread that a tuned
# bare-metal system was shown to do (60 Gbit/s on 72 threads, Red Piranha): measure yours.
COLLECTOR_MBITS = 500


def price(name: str) -> float:
    return PRICES[name]["price"]


def gigabytes(mbits: float) -> float:
    """GB in a month at so many Mbit/s."""
    return mbits * 1e6 / 8 * HOURS * 3600 / GB


def frames(mbits: float) -> float:
    """Frames a second."""
    return mbits * 1e6 / 8 / FRAME


def nanoseconds_per_frame() -> float:
    """Measured: the forwarder's CPU on HTTP with responses of 1000 bytes, bench/results/latest.json."""
    rows = json.loads((HERE.parent / "results" / "latest.json").read_text())["rows"]
    (row,) = [one for one in rows if one["contender"] == "ring" and one["load"] == "http1k"]
    return row["forwarderPerFrame"]["median"]


def nlcu(mbits: float, flows: int) -> float:
    """NLCU in use. Flows live as long as their forwarder, so new ones do not count."""
    return max(gigabytes(mbits) / HOURS, flows / 50_000)


def fixed(tasks: int = 3, collectors: int = 3) -> list[tuple[str, str, float]]:
    """The walk-through as it stands, with nothing mirrored: part, arithmetic, dollars a month."""
    vcpu_hour = price("fargate_vcpu_second") * 3600
    return [
        ("interface endpoints for ECR (2), logs, ssmmessages", f"4 x {ZONES} zones x {HOURS} h x {price('endpoint_hour')}", 4 * ZONES * HOURS * price("endpoint_hour")),
        ("load balancer", f"{HOURS} h x {price('nlb_hour')}", HOURS * price("nlb_hour")),
        ("collectors, c7i.large", f"{collectors} x {HOURS} h x {price('collector_hour')}", collectors * HOURS * price("collector_hour")),
        ("their volumes", f"{collectors} x 30 GB x {price('ebs_gb_month')}", collectors * 30 * price("ebs_gb_month")),
        ("tasks, 0.5 vCPU and 1 GB", f"{tasks} x {HOURS} h x (0.5 x {vcpu_hour:.6f} + {price('fargate_gb_hour')})", tasks * HOURS * (0.5 * vcpu_hour + price("fargate_gb_hour"))),
        ("metrics, alarms, dashboard", f"4 x {price('metric_month'):.2f} + 4 x {price('alarm_metric_month'):.2f} + {price('dashboard_month'):.2f}", 4 * price("metric_month") + 4 * price("alarm_metric_month") + price("dashboard_month")),
        ("private hosted zone", f"{price('hosted_zone_month'):.2f}", price("hosted_zone_month")),
    ]


def by_volume(mbits: float = 100) -> list[tuple[str, str, float]]:
    """What so many Mbit/s of mirror add."""
    volume = gigabytes(mbits)
    return [
        ("NLCU", f"{volume:,.0f} GB x {price('nlcu_hour')}", nlcu(mbits, 0) * HOURS * price("nlcu_hour")),
        ("CPU of the forwarders", f"{frames(mbits):,.0f} frames/s x {nanoseconds_per_frame():.0f} ns x {HOURS * 3600} s x {price('fargate_vcpu_second')}", vcpu(mbits) * HOURS * 3600 * price("fargate_vcpu_second")),
        ("between zones, if it does not stay in its zone", f"{volume:,.0f} GB x 2 x {price('cross_zone_gb_each_side')}", volume * 2 * price("cross_zone_gb_each_side")),
        ("PrivateLink", f"{volume:,.0f} GB x {price('endpoint_gb')} + {ZONES} zones x {HOURS} h x {price('endpoint_hour')}", volume * price("endpoint_gb") + ZONES * HOURS * price("endpoint_hour")),
    ]


def vcpu(mbits: float) -> float:
    """Cores that all forwarders together use."""
    return frames(mbits) * nanoseconds_per_frame() / 1e9


def collectors(tasks: int, mbits: float, ports: int) -> tuple[int, float]:
    """Collectors in all zones, so that the hottest of a zone is within its capacity in 95 % of all draws; and its load, relative to the
    average."""
    per_zone = math.ceil(tasks / ZONES)
    count = max(1, math.ceil(tasks * mbits / ZONES / COLLECTOR_MBITS))
    while True:
        hottest = 1.0 if count == 1 else model.imbalance(per_zone, ports, count)["p95"]
        if tasks * mbits / ZONES / count * hottest <= COLLECTOR_MBITS:
            return count * ZONES, hottest
        count += 1


ROWS = [(10, 10), (50, 10), (200, 10), (1000, 5), (1000, 10), (3000, 5)]


def source_ports(tasks: int) -> int:
    """What README.md argues for: 16 while a zone has fewer than a hundred tasks, 4 from there on."""
    return 16 if tasks / ZONES < 100 else 4


def sizing(tasks: int, mbits: float) -> dict:
    ports = source_ports(tasks)
    total = tasks * mbits
    count, hottest = collectors(tasks, mbits, ports)
    return {
        "tasks": tasks, "ports": ports, "mbits": mbits, "total": total, "collectors": count, "hottest": hottest, "vcpu": vcpu(total),
        "collectors_cost": count * (HOURS * price("collector_hour") + 30 * price("ebs_gb_month")),
        "balancer_cost": HOURS * (price("nlb_hour") + nlcu(total, tasks * ports) * price("nlcu_hour")),
        "forwarders_cost": vcpu(total) * HOURS * 3600 * price("fargate_vcpu_second"),
        # Without zone affinity two thirds cross.
        "zones_cost": gigabytes(total) * 2 / 3 * 2 * price("cross_zone_gb_each_side"),
        "privatelink_cost": gigabytes(total) * price("endpoint_gb") + ZONES * HOURS * price("endpoint_hour"),
    }
