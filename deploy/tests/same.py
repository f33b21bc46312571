"""Resources of both ways of deploying in one form, so that they can be compared.

A resource is a type and a dictionary with CloudFormation's property names. `pairs.PAIRS` says which Terraform attribute each property is.
A property or attribute that is nowhere named here raises, so that nothing escapes the comparison."""

import base64
import json
import re

from pairs import MERGED, PAIRS, RULES, TERRAFORM_RULES


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\W]+", name) if part)


def symbol(address: str) -> str:
    """@collector/RecordZoneA for module.collector[0].aws_route53_record.record_zone["a"]."""
    found = re.fullmatch(r'module\.(\w+)(?:\[\d+\])?\.\w+\.(\w+)(?:\[(?:\d+|"(.*)")\])?', address)
    assert found, address
    module, name, key = found.groups()
    return f"@{module}/{camel(name)}" + (camel(key) if key and "arn:" not in key else "")


# Lists whose order means something.
ORDERED = {"command", "entryPoint", "widgets", "metrics"}


def plain(value, ordered=False):
    """Numbers and booleans as text, lists without order where it means nothing, nothing where there is nothing."""
    if isinstance(value, dict):
        forms = {name: plain(one, name in ORDERED) for name, one in value.items()}
        return {name: one for name, one in forms.items() if one not in (None, "", [], {}, "0")}
    if isinstance(value, list):
        forms = [plain(one, ordered) for one in value]
        return forms if ordered else sorted(forms, key=lambda one: json.dumps(one, sort_keys=True))
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def pairs(items, key="Key", value="Value"):
    return {item[key]: item[value] for item in items}


def lower(value, keep=("Options", "options")):
    """Container definitions with the API's names, whose first letter is small."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: one if name in keep else lower(one) for name, one in value.items()}
    return [lower(one) for one in value] if isinstance(value, list) else value


def upper(value):
    """Blocks of Terraform with CloudFormation's names; a block that can be there once is no list."""
    if isinstance(value, dict):
        return {camel(name): upper(one) for name, one in value.items()}
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return upper(value[0])
    return [upper(one) for one in value] if isinstance(value, list) else value


def document(value):
    return json.loads(value) if isinstance(value, str) else value


def from_cloudformation(resource: dict) -> dict:
    kind, given = resource["Type"], dict(resource["Properties"])
    if kind == "AWS::EC2::SecurityGroup":
        given.pop("SecurityGroupIngress", None)
        given.pop("SecurityGroupEgress", None)
    if kind == "AWS::EC2::LaunchTemplate":
        given |= given.pop("LaunchTemplateData")
        given["UserData"] = base64.b64decode(given["UserData"]).decode()
        given["TagSpecifications"] = [{"ResourceType": one["ResourceType"], "Tags": pairs(one["Tags"])} for one in given["TagSpecifications"]]
    if kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        given |= pairs(given.pop("LoadBalancerAttributes"))
        given["Scheme"] = given["Scheme"] == "internal"
    if kind == "AWS::ElasticLoadBalancingV2::TargetGroup":
        given |= pairs(given.pop("TargetGroupAttributes"))
        checks = {"HealthCheckProtocol": "Protocol", "HealthCheckPath": "Path", "HealthCheckPort": "Port",
                  "HealthCheckIntervalSeconds": "Interval", "HealthyThresholdCount": "HealthyThreshold",
                  "UnhealthyThresholdCount": "UnhealthyThreshold"}
        given["HealthCheck"] = {short: given.pop(name) for name, short in checks.items()}
    if kind == "AWS::ECS::Service":
        given |= given.pop("DeploymentConfiguration")
        network = given["NetworkConfiguration"]["AwsvpcConfiguration"]
        given["NetworkConfiguration"] = network | {"AssignPublicIp": network["AssignPublicIp"] == "ENABLED"}
    if kind == "AWS::ECS::TaskDefinition":
        given["ContainerDefinitions"] = lower(given["ContainerDefinitions"])
    if kind == "AWS::AutoScaling::AutoScalingGroup":
        given["LaunchTemplate"] = {"Id": given["LaunchTemplate"]["LaunchTemplateId"]}
    if kind == "AWS::CloudWatch::Dashboard":
        given["DashboardBody"] = json.loads(given["DashboardBody"])
    if kind == "AWS::CloudWatch::Alarm":
        if "Dimensions" in given:
            given["Dimensions"] = pairs(given["Dimensions"], "Name")
        for query in given.get("Metrics", []):
            if "MetricStat" in query:
                stat = query.pop("MetricStat")
                query["Metric"] = stat["Metric"] | {"Stat": stat["Stat"], "Period": stat["Period"]}
    if kind == "AWS::IAM::Role":
        given["Policies"] = pairs(given.get("Policies", []), "PolicyName", "PolicyDocument")
    if kind == "AWS::Route53::HostedZone":
        given["VPCs"] = [one["VPCId"] for one in given["VPCs"]]
    if kind == "AWS::AutoScaling::ScalingPolicy":
        given["TargetTrackingConfiguration"]["CustomizedMetricSpecification"]["MetricDimension"] = given["TargetTrackingConfiguration"][
            "CustomizedMetricSpecification"].pop("Dimensions")
    if "Tags" in given:
        given["Tags"] = pairs(given["Tags"])
    unknown = set(given) - set(PAIRS[kind][1])
    assert not unknown, f"{kind}: {unknown} is in no comparison"
    return plain(given)


def from_terraform(kind: str, values: dict, policies: dict) -> dict:
    """`kind` is CloudFormation's, `policies` the inline policies of a role."""
    terraform_type, names = PAIRS[kind]
    given = {name: values[attribute] for name, attribute in names.items() if name and values.get(attribute) is not None}
    if kind == "AWS::EC2::VPCEndpoint":
        if values["vpc_endpoint_type"] == "Gateway":
            given["PolicyDocument"] = document(given["PolicyDocument"])
            del given["PrivateDnsEnabled"]
        else:
            del given["PolicyDocument"]  # the default, which allows the account everything
    if kind == "AWS::EC2::VPCEndpointServicePermissions":
        given["AllowedPrincipals"] = [given["AllowedPrincipals"]]
    if kind == "AWS::EC2::LaunchTemplate":
        given["UserData"] = base64.b64decode(given["UserData"]).decode()
        for name in ("IamInstanceProfile", "MetadataOptions"):
            given[name] = upper(given[name])
        given["BlockDeviceMappings"] = [upper(one) for one in given["BlockDeviceMappings"]]
        given["TagSpecifications"] = [{"ResourceType": one["resource_type"], "Tags": one["tags"]} for one in given["TagSpecifications"]]
    if kind == "AWS::ElasticLoadBalancingV2::TargetGroup":
        check = upper(given["HealthCheck"])
        parts = ("Protocol", "Path", "Port", "Interval", "HealthyThreshold", "UnhealthyThreshold")
        given["HealthCheck"] = {name: check[name] for name in parts}
        given["stickiness.enabled"] = given["stickiness.enabled"][0]["enabled"]
    if kind == "AWS::ElasticLoadBalancingV2::Listener":
        given["DefaultActions"] = [{"Type": one["type"], "TargetGroupArn": one["target_group_arn"]} for one in given["DefaultActions"]]
    if kind == "AWS::Route53::HostedZone":
        given["VPCs"] = [one["vpc_id"] for one in given["VPCs"]]
    if kind == "AWS::AutoScaling::AutoScalingGroup":
        given["LaunchTemplate"] = {"Id": given["LaunchTemplate"][0]["id"]}
        given["Tags"] = {one["key"]: one["value"] for one in given["Tags"]}
    if kind == "AWS::AutoScaling::ScalingPolicy":
        target = upper(given["TargetTrackingConfiguration"])
        specification = target["CustomizedMetricSpecification"]
        specification["MetricDimension"] = [specification["MetricDimension"]]
        given["TargetTrackingConfiguration"] = target
    if kind == "AWS::IAM::Role":
        given = {"AssumeRolePolicyDocument": document(given["AssumeRolePolicyDocument"]), "Policies": policies}
    if kind == "AWS::IAM::InstanceProfile":
        given["Roles"] = [given["Roles"]]
    if kind == "AWS::Logs::MetricFilter":
        renamed = {"namespace": "MetricNamespace", "name": "MetricName", "value": "MetricValue", "unit": "Unit"}
        given["MetricTransformations"] = [{new: one[old] for old, new in renamed.items()} for one in given["MetricTransformations"]]
    if kind == "AWS::CloudWatch::Alarm" and "Metrics" in given:
        given["Metrics"] = [upper(one) for one in given["Metrics"]]
    if kind == "AWS::CloudWatch::Dashboard":
        given["DashboardBody"] = json.loads(given["DashboardBody"])
    if kind == "AWS::ECS::Cluster":
        given["ClusterSettings"] = [upper(one) for one in given["ClusterSettings"]]
    if kind == "AWS::ECS::TaskDefinition":
        given["RuntimePlatform"] = upper(given["RuntimePlatform"])
        given["ContainerDefinitions"] = json.loads(given["ContainerDefinitions"])
    if kind == "AWS::ECS::Service":
        for name in ("DeploymentCircuitBreaker", "NetworkConfiguration"):
            given[name] = upper(given[name])
    return plain(given)


def names_of(resources: dict) -> list[tuple[str, str]]:
    """What stands for a resource in the attributes of others, longest first, and its symbol."""
    found = []
    for address, one in resources.items():
        if one["type"] in TERRAFORM_RULES | MERGED:
            continue
        values = one["values"]
        attributes = ("id", "dns_name", "arn_suffix") if one["type"] == "aws_cloudwatch_log_group" else ("id", "arn", "dns_name", "arn_suffix")
        names = {values.get(name) for name in attributes} | {entry["dns_name"] for entry in (values.get("dns_entry") or [])[:1]}
        # Names that were chosen stay: CloudFormation has them as well.
        chosen = {values.get(name) for name in ("name", "alarm_name", "dashboard_name", "family")}
        for name in names - {None, ""} - (chosen if one["type"] not in ("aws_iam_role", "aws_iam_instance_profile") else set()):
            found.append((name, symbol(address)))
    return sorted(set(found), key=lambda pair: -len(pair[0]))


def with_symbols(value, names):
    if isinstance(value, dict):
        return {name: with_symbols(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [with_symbols(one, names) for one in value]
    if isinstance(value, str):
        for name, stands in names:
            value = value.replace(name, stands)
    return value


def without_attributes(value, chosen):
    """CloudFormation's symbols without attributes, and names where a reference means a name."""
    if isinstance(value, dict):
        return {name: without_attributes(one, chosen) for name, one in value.items()}
    if isinstance(value, list):
        return [without_attributes(one, chosen) for one in value]
    if isinstance(value, str):
        value = re.sub(r"(@[a-z]+/[A-Za-z0-9]+)\.(?:Arn|DNSName|LoadBalancerFullName|TargetGroupFullName|LatestVersionNumber"
                       r"|DnsEntries\[0\]\.split\(:\)\[1\])", r"\1", value)
        for stands, name in chosen.items():
            value = re.sub(re.escape(stands) + r"(?![A-Za-z0-9])", name, value)
    return value


def cloudformation_resources(stacks: dict) -> dict[str, tuple[str, dict]]:
    """By symbol: type and form of every resource but the rules of groups."""
    found, chosen = {}, {}
    for stack in stacks.values():
        for name, resource in stack.resources().items():
            for property_ in ("LogGroupName", "ClusterName", "AutoScalingGroupName"):
                if resource["Type"] in ("AWS::Logs::LogGroup", "AWS::ECS::Cluster", "AWS::AutoScaling::AutoScalingGroup"):
                    if property_ in resource["Properties"]:
                        chosen[f"@{stack.name}/{name}"] = resource["Properties"][property_]
            if resource["Type"] not in RULES:
                found[f"@{stack.name}/{name}"] = (resource["Type"], resource)
    return {
        name: (kind, plain(without_attributes(from_cloudformation(without_attributes(resource, {})), chosen)))
        for name, (kind, resource) in found.items()
    }


def terraform_resources(applied) -> dict[str, tuple[str, dict]]:
    resources = applied.resources()
    names = names_of(resources) + applied.parameters()
    kinds = {terraform_type: kind for kind, (terraform_type, _) in PAIRS.items()}
    policies: dict[str, dict] = {}
    for one in resources.values():
        if one["type"] == "aws_iam_role_policy":
            policies.setdefault(one["values"]["role"], {})[one["values"]["name"]] = json.loads(one["values"]["policy"])
    found = {}
    for address, one in resources.items():
        if one["type"] in TERRAFORM_RULES | MERGED:
            continue
        form = from_terraform(kinds[one["type"]], one["values"], policies.get(one["values"].get("id"), {}))
        found[symbol(address)] = (kinds[one["type"]], plain(with_symbols(form, names)))
    return found
