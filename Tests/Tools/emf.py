"""Reads lines of CloudWatch's embedded metric format (standard input, or a file) and says on which line, and why, one is none.

The schema is that of the specification: what `_aws` has to look like. What a schema cannot say is checked beside it: each metric
and dimension is a member of the line, of the right type, and a line of log is no longer than CloudWatch Logs takes.
"""
import json
import sys

import jsonschema

TEXT = {"type": "string", "minLength": 1}
UNITS = [
    prefix + unit + rate for prefix in ("", "Kilo", "Mega", "Giga", "Tera") for unit in ("bytes", "bits") for rate in ("", "/Second")
]
UNITS = [unit[0].upper() + unit[1:] for unit in UNITS] + [
    "Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None",
]
METRIC = {
    "type": "object", "required": ["Name"], "additionalProperties": False,
    "properties": {"Name": TEXT | {"maxLength": 255}, "Unit": {"enum": UNITS}, "StorageResolution": {"enum": [1, 60]}},
}
DIRECTIVE = {
    "type": "object", "required": ["Namespace", "Dimensions", "Metrics"], "additionalProperties": False,
    "properties": {
        "Namespace": TEXT | {"maxLength": 255, "pattern": "^[A-Za-z0-9._/#:-]+$"},
        "Dimensions": {"type": "array", "minItems": 1, "items": {"type": "array", "maxItems": 30, "items": TEXT | {"maxLength": 250}}},
        "Metrics": {"type": "array", "maxItems": 100, "items": METRIC},
    },
}
SCHEMA = {
    "type": "object", "required": ["_aws"],
    "properties": {"_aws": {
        "type": "object", "required": ["Timestamp", "CloudWatchMetrics"], "additionalProperties": False,
        "properties": {"Timestamp": {"type": "integer", "minimum": 0}, "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": DIRECTIVE}},
    }},
}


def pairs(members):
    if len({name for name, _ in members}) != len(members):
        raise ValueError("a member is there twice")
    return dict(members)


def check(line):
    found = json.loads(line, object_pairs_hook=pairs)
    jsonschema.Draft7Validator(SCHEMA).validate(found)
    if len(line.encode()) > 256 << 10:
        raise ValueError("it is longer than 256 KiB")
    for directive in found["_aws"]["CloudWatchMetrics"]:
        names = [metric["Name"] for metric in directive["Metrics"]]
        if len(set(names)) != len(names):
            raise ValueError("a metric is there twice")
        for name in names:
            if isinstance(found.get(name), bool) or not isinstance(found.get(name), (int, float)):
                raise ValueError(f"metric {name} is {found.get(name)!r}")
        for name in (name for dimension in directive["Dimensions"] for name in dimension):
            value = found.get(name)
            if not isinstance(value, str) or not value.strip() or not value.isascii() or len(value) > 1024:
                raise ValueError(f"dimension {name} is {value!r}")


if __name__ == "__main__":
    count = 0
    for count, line in enumerate(open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin, 1):
        try:
            check(line.removesuffix("\n"))
        except (ValueError, jsonschema.ValidationError) as error:
            sys.exit(f"line {count}: {error}")
    print(count)
