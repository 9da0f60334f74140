"""Which addresses of a cluster are taken, and what is left of them where no cluster is meant."""

import pytest

from cfg.schema import RayConfig
from tests.cfg.composing import composed


@pytest.mark.parametrize(
    "address", ["auto", "10.0.0.1:6379", "head.lab-2:1", "localhost:65535", "[::1]:6379"]
)
def test_an_address_is_a_host_and_a_port_or_auto(address: str) -> None:
    config = composed("vec_env=ray", f"ray.address='{address}'", "ray.placement=spread")
    assert config.ray == RayConfig(address=address, placement="spread")


def test_no_cluster_is_meant_by_default() -> None:
    assert composed("vec_env=ray").ray == RayConfig(address=None, placement=None)
