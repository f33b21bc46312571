#!/usr/bin/env python3
"""The private VPC as a picture, from the templates: what there is, who refers to whom, and the ways that security groups leave open.

    picture.py > private-vpc.dot; dot -Tsvg private-vpc.dot > docs/private-vpc.svg        (make scale)"""

import re

import security_groups
from stacks import private_vpc

TITLES = {"network": "network.yaml", "collector": "collector.yaml", "service": "service.yaml"}
# What only configures another box, or says who may do what, would hide the rest.
LEFT_OUT = re.compile(r"RouteTable.$|Egress$|Ingress$|Principals$")
# Several of the same are one box.
SAME = {"SubnetA": "Subnets", "SubnetB": "Subnets", "SubnetC": "Subnets", "RecordZoneA": "Records", "RecordZoneB": "Records",
        "RecordZoneC": "Records", "Record": "Records", "EndpointEcrApi": "Endpoints", "EndpointEcrDkr": "Endpoints", "EndpointLogs": "Endpoints",
        "EndpointSsmmessages": "Endpoints", "FilterCaptured": "Filters", "FilterSent": "Filters", "FilterDropped": "Filters",
        "FilterKernelDropped": "Filters", "LostAlarm": "Alarms", "SilentAlarm": "Alarms"}
WORDS = {
    "Subnets": "Subnets in three zones", "Endpoints": "Endpoints: ECR, logs, ssmmessages", "EndpointS3": "Gateway for S3",
    "Records": "Records: all, and by zone", "Filters": "Metric filters", "Group": "Auto Scaling group: receive, Suricata",
    "Task": "Task: app, packet-forwarder", "Zone": "Private hosted zone",
}
SHAPES = {"AWS::EC2::SecurityGroup": "octagon", "AWS::IAM::Role": "note", "AWS::ECS::TaskDefinition": "component"}


def box(symbol: str) -> str:
    stack, name = symbol[1:].split("/")
    return f"{stack}_{SAME.get(name, name)}"


def references(value) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(references, value.values()), set())
    if isinstance(value, list):
        return set().union(*map(references, value), set())
    return set(re.findall(r"@[a-z]+/[A-Za-z0-9]+", value)) if isinstance(value, str) else set()


def dot() -> str:
    stacks = private_vpc()
    lines = ['digraph "private VPC" {', '  rankdir=LR; fontname="sans-serif"; nodesep=0.25; ranksep=0.7;',
             '  node [fontname="sans-serif", fontsize=11, shape=box, style=rounded]; edge [fontname="sans-serif", fontsize=10, color="#999999"];']
    edges = set()
    for name, stack in stacks.items():
        lines.append(f'  subgraph "cluster_{name}" {{ label="{TITLES[name]}"; color="#cccccc";')
        seen = set()
        for logical, resource in stack.resources().items():
            if LEFT_OUT.search(logical):
                continue
            ours = box(f"@{name}/{logical}")
            if ours not in seen:
                seen.add(ours)
                label = WORDS.get(SAME.get(logical, logical), re.sub(r"(?<=[a-z])(?=[A-Z])", " ", SAME.get(logical, logical)))
                lines.append(f'    {ours} [label="{label}", shape={SHAPES.get(resource["Type"], "box")}];')
            properties = {key: value for key, value in resource["Properties"].items() if key not in ("SecurityGroupIngress", "SecurityGroupEgress")}
            for other in references(properties):
                # Everything is in the VPC.
                if other not in ("@network/Vpc", "@S3PrefixList") and not LEFT_OUT.search(other) and box(other) != ours:
                    edges.add((ours, box(other)))
        lines.append("  }")
    lines += [f"  {one} -> {other};" for one, other in sorted(edges)]
    for rule in sorted(security_groups.from_cloudformation(stacks)):
        if rule.direction == "egress" and rule.peer.startswith("@") and "/" in rule.peer:
            colour = "#c44900" if rule.is_mirror else "#0b6e99"
            lines.append(f'  {box(rule.group)} -> {box(rule.peer)} [label="{rule.protocol} {rule.first}", color="{colour}", '
                         f'fontcolor="{colour}", penwidth={3 if rule.is_mirror else 1.5}, constraint={"true" if rule.is_mirror else "false"}];')
    return "\n".join(lines + ["}"]) + "\n"


if __name__ == "__main__":
    print(dot(), end="")
