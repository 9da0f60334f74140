"""Images stay bytes until a minibatch reads them; what has statistics is normalised once."""

import torch
from rl_games.algos_torch.running_mean_std import RunningMeanStd

from algos.normaliser import Normaliser, ObservationReader


def test_images_are_kept_as_bytes_and_read_from_nought_to_one() -> None:
    reader = ObservationReader({})
    images = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    kept = reader.normalise(images)
    assert kept.dtype == torch.uint8
    assert torch.allclose(reader.scale_images(kept), torch.tensor([0.0, 0.2, 1.0]))
    assert torch.equal(reader.read(images), reader.scale_images(kept))


def test_vectors_are_normalised_once_and_left_alone_by_the_second_half() -> None:
    normaliser = Normaliser(RunningMeanStd((1,)))
    normaliser.update(torch.tensor([[0.0], [10.0]]))
    reader = ObservationReader({"speed": normaliser})
    obs = {"speed": torch.tensor([[10.0]]), "camera": torch.full((1, 1, 8, 8), 255, dtype=torch.uint8)}
    kept = reader.normalise(obs)
    assert kept["speed"].item() > 1.0 and kept["camera"].dtype == torch.uint8
    read = reader.scale_images(kept)
    assert read["speed"] is kept["speed"] and read["camera"].unique().tolist() == [1.0]
    assert torch.equal(read["speed"], reader.read(obs)["speed"])


def test_images_that_have_statistics_are_normalised_from_nought_to_one() -> None:
    reader = ObservationReader({None: Normaliser(RunningMeanStd((1, 8, 8)))})
    kept = reader.normalise(torch.full((1, 1, 8, 8), 255, dtype=torch.uint8))
    assert kept.is_floating_point() and torch.allclose(kept, torch.ones(1), atol=1e-3), "mean 0, deviation 1"


def test_statistics_of_bytes_are_taken_of_what_is_normalised() -> None:
    reader = ObservationReader({None: Normaliser(RunningMeanStd((1,)))})
    table = torch.tensor([[0], [255]], dtype=torch.uint8)  # 0 and 1: mean 1/2, deviation 1/2
    for _ in range(200):  # the statistics begin with one row of mean 0 and deviation 1
        reader.update(table)
    assert torch.allclose(reader.read(table), torch.tensor([[-1.0], [1.0]]), atol=2e-2)


def test_pictures_keep_their_numbers_and_come_with_their_channels_last_in_memory() -> None:
    pictures = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).reshape(2, 3, 4, 5)
    scaled = ObservationReader({}).scale_images(pictures)
    assert torch.equal(scaled, pictures.float() / 255) and scaled.is_contiguous(
        memory_format=torch.channels_last
    )
