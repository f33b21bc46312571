"""How a Network Load Balancer spreads forwarders over collectors.

To the load balancer a flow is an address and a source port: all that a forwarder sends from one of its ports goes to one collector,
chosen by a hash, and stays there while packets come at least every 120 seconds, whatever collectors join. When a collector goes, its
flows are hashed again among the others. Loads are relative: 1 is what an average collector gets."""

import numpy

SEED = 7348
CONNECTIONS = 200  # of an application at a time, long ones and short ones: their bytes follow a Pareto distribution
SHAPE = 1.5
LARGEST = 100.0  # of the median; a flow larger than that is what limits are for


def ports(random, forwarders: int, source_ports: int) -> numpy.ndarray:
    """What each source port of each forwarder sends. Connections are hashed onto ports; forwarders send the same in all."""
    sizes = numpy.minimum(random.pareto(SHAPE, (forwarders, CONNECTIONS)) + 1, LARGEST)
    sizes /= sizes.sum(axis=1, keepdims=True)
    choice = random.integers(source_ports, size=sizes.shape)
    loads = numpy.zeros((forwarders, source_ports))
    numpy.add.at(loads, (numpy.arange(forwarders)[:, None], choice), sizes)
    return loads.ravel()


def spread(random, loads: numpy.ndarray, collectors: int) -> numpy.ndarray:
    """The collector of each port."""
    return random.integers(collectors, size=loads.size)


def shares(loads, where, collectors: int) -> numpy.ndarray:
    """What each collector gets, relative to the average."""
    return numpy.bincount(where, weights=loads, minlength=collectors) * collectors / loads.sum()


def imbalance(forwarders: int, source_ports: int, collectors: int, trials: int = 40) -> dict[str, float]:
    """The most loaded collector, relative to the average: the median over all trials, and the value that 95 % keep below."""
    random = numpy.random.default_rng([SEED, forwarders, source_ports, collectors])
    worst = []
    for _ in range(trials):
        loads = ports(random, forwarders, source_ports)
        worst.append(shares(loads, spread(random, loads, collectors), collectors).max())
    return {"median": round(float(numpy.median(worst)), 2), "p95": round(float(numpy.quantile(worst, 0.95)), 2)}


def loss(collectors: int, forwarders: int = 100, source_ports: int = 4, trials: int = 40) -> dict[str, float]:
    """One collector of several goes: the share of all bytes whose connections change their collector in the middle, and the same if
    flows were not remembered but hashed anew over all that are left."""
    random = numpy.random.default_rng([SEED, collectors])
    moved, anew = [], []
    for _ in range(trials):
        loads = ports(random, forwarders, source_ports)
        hashes = random.integers(1 << 32, size=loads.size)
        where = hashes % collectors
        moved.append(loads[where == collectors - 1].sum() / loads.sum())
        anew.append(loads[where != hashes % (collectors - 1)].sum() / loads.sum())
    return {"moved": round(float(numpy.mean(moved)), 3), "hashed_anew": round(float(numpy.mean(anew)), 3)}


def day(kind: str, minutes: int = 240, collectors: int = 3, forwarders: int = 60, source_ports: int = 4, growth: int = 3) -> list[dict]:
    """Traffic grows threefold within two hours and stays. Capacity of a collector is twice what it gets at first; whenever the average
    of the last five minutes is above 70 % of it, another starts and is there five minutes later. The hottest collector, the average, and
    what those that joined get, as shares of a collector's capacity.

    `same tasks` send more each; `more tasks` come with the traffic; `restarted` are the same tasks, each replaced once an hour, as by
    deployments; `prepared` has all collectors from the start."""
    random = numpy.random.default_rng([SEED, len(kind)])
    most = collectors * growth
    now = most if kind == "prepared" else collectors
    loads = ports(random, forwarders, source_ports)
    where = spread(random, loads, now)
    capacity = 2 * loads.sum() / collectors
    coming, history, line = [], [], []
    for minute in range(minutes):
        factor = 1 + (growth - 1) * min(max(minute - 30, 0) / 120, 1)
        while coming and coming[0] <= minute:
            coming.pop(0)
            now += 1
        if kind == "more tasks":
            wanted = round(forwarders * factor) * source_ports
            while loads.size < wanted:
                fresh = ports(random, 1, source_ports)
                loads, where = numpy.append(loads, fresh), numpy.append(where, spread(random, fresh, now))
            each = loads
        else:
            each = loads * factor
        if kind == "restarted":
            for task in (one for one in range(forwarders) if one % 60 == minute % 60):
                where[task * source_ports:(task + 1) * source_ports] = random.integers(now, size=source_ports)
        get = numpy.bincount(where, weights=each, minlength=now) / capacity
        history.append(get.mean())
        if minute % 5 == 4 and numpy.mean(history[-5:]) > 0.7 and now + len(coming) < most and not coming:
            coming.append(minute + 5)
        line.append({"minute": minute, "collectors": now, "hottest": round(float(get.max()), 3), "average": round(float(get.mean()), 3),
                     "joined": round(float(get[collectors:].mean()), 3) if now > collectors else 0.0})
    return line


DAYS = ["same tasks", "more tasks", "restarted", "prepared"]
