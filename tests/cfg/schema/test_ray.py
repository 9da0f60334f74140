"""Which addresses of a cluster are taken, and what is left of them where no cluster is meant."""

import pytest

from cfg.schema import RayConfig
from cfg.schema.settle import settle_numbers
from tests.cfg.composing import composed


@pytest.mark.parametrize(
    "address", ["auto", "10.0.0.1:6379", "head.lab-2:1", "localhost:65535", "[::1]:6379"]
)
def test_an_address_is_a_host_and_a_port_or_auto(address: str) -> None:
    config = composed("vec_env=ray", f"ray.address='{address}'", "ray.placement=spread")
    assert config.ray == RayConfig(address=address, placement="spread")


def test_no_cluster_is_meant_by_default() -> None:
    assert composed("vec_env=ray").ray == RayConfig(address=None, placement=None)


def test_a_run_on_a_cluster_that_is_gone_on_with_elsewhere_forgets_the_cluster() -> None:
    on_cluster = composed("vec_env=ray", "ray.address=auto", "ray.placement=spread")
    elsewhere = on_cluster.model_copy(update={"vec_env": "process"})
    assert settle_numbers(elsewhere, frozenset({"vec_env"})).ray == RayConfig()
    assert settle_numbers(on_cluster, frozenset()).ray == on_cluster.ray
