"""Servers and slow work that several tests share. Terraform's two root modules are applied from the start of the session on, in the
background: the provider waits minutes for load balancers and names, whatever the server says."""

import concurrent.futures
from pathlib import Path

import pytest

import terraform
from moto_server import MotoServer
from page import Page
from stacks import DEPLOY

_pool = concurrent.futures.ThreadPoolExecutor(max_workers=4)


def _apply(root: str, folder: Path) -> terraform.Applied:
    # A server each: both make a VPC and a cluster of the same name.
    with MotoServer() as server:
        return terraform.Applied(root, folder, server.environment())


def pytest_collection_modifyitems(items):
    """What waits for the background comes last."""
    items.sort(key=lambda item: ("walked" in item.fixturenames) + 2 * ("applied" in item.fixturenames))


@pytest.fixture(scope="session", autouse=True)
def background(request, tmp_path_factory):
    """What runs beside the tests, by name; only what some selected test wants."""
    wanted = {name for item in request.session.items for name in item.fixturenames}
    jobs = {}
    if "applied" in wanted and not terraform.missing():
        for root in terraform.VARIABLES:
            jobs[root] = _pool.submit(_apply, root, tmp_path_factory.mktemp(root))
    if "walked" in wanted:
        jobs["walk-through"] = _pool.submit(Page(DEPLOY / "README.md").run, ["setup", "walk-through"], tmp_path_factory.mktemp("walk"))
        jobs["cloudformation"] = _pool.submit(
            Page(DEPLOY / "README.md").run, ["setup", "cloudformation", "cloudformation cleanup"], tmp_path_factory.mktemp("stacks"))
    yield jobs
    for job in jobs.values():
        job.cancel()


@pytest.fixture(scope="session")
def walked(background):
    """By name of a section: what running it said and left."""
    return lambda name: background[name].result()


@pytest.fixture(scope="session", params=sorted(terraform.VARIABLES))
def applied(request, background):
    if reason := terraform.missing():
        pytest.skip(reason)
    return request.param, background[request.param].result()
