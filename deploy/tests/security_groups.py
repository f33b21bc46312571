"""Rules of security groups, in one form for CloudFormation, Terraform and what an account has: who may send what to whom."""

from dataclasses import dataclass

from same import symbol


@dataclass(frozen=True, order=True)
class Rule:
    group: str
    direction: str
    protocol: str
    first: int
    last: int
    peer: str  # a group, a prefix list, or addresses

    @property
    def is_mirror(self) -> bool:
        return self.protocol in ("udp", "-1") and self.first <= 4789 <= self.last


# Stands for no rule at all: CloudFormation would otherwise allow everything.
NOTHING = "127.0.0.1/32"


def _peer(properties: dict) -> str:
    names = ("SourceSecurityGroupId", "DestinationSecurityGroupId", "SourcePrefixListId", "DestinationPrefixListId", "CidrIp", "CidrIpv6")
    found = [properties[name] for name in names if name in properties]
    assert len(found) == 1, properties
    return found[0]


def _ports(protocol, first, last):
    # -1 is every protocol and with it every port.
    return (0, 65535) if str(protocol) == "-1" else (int(first), int(last))


def from_cloudformation(stacks: dict) -> set[Rule]:
    rules, groups = set(), {}

    def add(group, direction, properties):
        protocol = str(properties["IpProtocol"])
        rules.add(Rule(group, direction, protocol, *_ports(protocol, properties.get("FromPort"), properties.get("ToPort")), _peer(properties)))

    for stack in stacks.values():
        for name, resource in stack.resources().items():
            properties = resource["Properties"]
            if resource["Type"] == "AWS::EC2::SecurityGroup":
                group = groups[f"@{stack.name}/{name}"] = properties
                # Without any, CloudFormation allows everything out.
                assert group.get("SecurityGroupEgress"), f"{name} lets everything out"
                for direction in ("Ingress", "Egress"):
                    for rule in group.get(f"SecurityGroup{direction}", []):
                        add(f"@{stack.name}/{name}", direction.lower(), rule)
            elif resource["Type"] == "AWS::EC2::SecurityGroupIngress":
                add(properties["GroupId"], "ingress", properties)
            elif resource["Type"] == "AWS::EC2::SecurityGroupEgress":
                add(properties["GroupId"], "egress", properties)
    return {rule for rule in rules if not (rule.direction == "egress" and rule.peer == NOTHING)}


def from_terraform(applied) -> set[Rule]:
    resources = applied.resources()
    groups = {one["values"]["id"]: symbol(address) for address, one in resources.items() if one["type"] == "aws_security_group"}
    rules = set()
    for one in resources.values():
        values = one["values"]
        direction = {"aws_vpc_security_group_ingress_rule": "ingress", "aws_vpc_security_group_egress_rule": "egress"}.get(one["type"])
        if one["type"] == "aws_security_group":
            assert not values.get("ingress") and not values.get("egress"), "rules are resources of their own"
        if not direction:
            continue
        peers = [values.get(name) for name in ("referenced_security_group_id", "prefix_list_id", "cidr_ipv4", "cidr_ipv6")]
        (peer,) = [peer for peer in peers if peer]
        peer = "@S3PrefixList" if peer.startswith("pl-") else groups.get(peer, peer)
        protocol = str(values["ip_protocol"])
        rules.add(Rule(
            groups[values["security_group_id"]], direction, protocol, *_ports(protocol, values["from_port"], values["to_port"]), peer))
    return rules


def from_account(groups: list[dict], names: dict[str, str]) -> set[Rule]:
    """`groups` are as describe-security-groups has them, `names` the symbol for each GroupName."""
    symbols = {group["GroupId"]: names[group["GroupName"]] for group in groups}
    rules = set()
    for group in groups:
        for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            for permission in group[key]:
                peers = [symbols[pair["GroupId"]] for pair in permission["UserIdGroupPairs"]]
                peers += [one["CidrIp"] for one in permission["IpRanges"]] + ["@S3PrefixList" for _ in permission["PrefixListIds"]]
                protocol = permission["IpProtocol"]
                for peer in peers:
                    ports = _ports(protocol, permission.get("FromPort"), permission.get("ToPort"))
                    rules.add(Rule(symbols[group["GroupId"]], direction, protocol, *ports, peer))
    return rules
