"""Bytes stay bytes until a minibatch reads them; what has statistics is normalised once."""

import torch
from rl_games.algos_torch.running_mean_std import RunningMeanStd

from algos.normaliser import Normaliser, ObservationReader


def test_images_are_kept_as_bytes_and_read_from_nought_to_one() -> None:
    reader = ObservationReader({})
    images = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    kept = reader.normalise(images)
    assert kept.dtype == torch.uint8
    assert torch.allclose(reader.read_bytes(kept), torch.tensor([0.0, 0.2, 1.0]))
    assert torch.equal(reader.read(images), reader.read_bytes(kept))


def test_vectors_are_normalised_once_and_left_alone_by_the_second_half() -> None:
    normaliser = Normaliser(RunningMeanStd((1,)))
    normaliser.update(torch.tensor([[0.0], [10.0]]))
    reader = ObservationReader({"speed": normaliser})
    obs = {"speed": torch.tensor([[10.0]]), "camera": torch.full((1, 1, 8, 8), 255, dtype=torch.uint8)}
    kept = reader.normalise(obs)
    assert kept["speed"].item() > 1.0 and kept["camera"].dtype == torch.uint8
    read = reader.read_bytes(kept)
    assert read["speed"] is kept["speed"] and read["camera"].unique().tolist() == [1.0]
    assert torch.equal(read["speed"], reader.read(obs)["speed"])


def test_images_that_have_statistics_stay_bytes_too_and_are_read_pixel_by_pixel() -> None:
    normaliser = Normaliser(RunningMeanStd((1, 1, 2)))
    images = torch.tensor([[[[0, 255]]], [[[0, 0]]]], dtype=torch.uint8)
    for _ in range(500):  # the statistics begin with one image of mean 0 and deviation 1
        normaliser.update_bytes(images)
    reader = ObservationReader({None: normaliser})
    assert reader.normalise(images) is images
    # The first pixel never changes; the second is 0 or 1, half of the time each.
    assert torch.allclose(reader.read(images)[:, 0, 0], torch.tensor([[0.0, 1.0], [0.0, -1.0]]), atol=1e-2)


def test_statistics_of_images_are_those_of_rl_games() -> None:
    ours, theirs = RunningMeanStd((3, 5, 4)), RunningMeanStd((3, 5, 4)).train()
    reader = ObservationReader({None: Normaliser(ours)})
    generator = torch.Generator().manual_seed(0)
    for count in (1, 40, 700):  # the last in several pieces
        images = torch.randint(0, 256, (count, 3, 5, 4), dtype=torch.uint8, generator=generator)
        images[:, 0] = 200  # a channel that never changes
        reader.update(images)
        theirs(images.float() / 255)
    assert torch.allclose(ours.running_mean, theirs.running_mean, atol=1e-6)
    assert torch.allclose(ours.running_var, theirs.running_var, atol=1e-6)
    assert ours.count == theirs.count == 742
    read = reader.read(images)
    assert torch.allclose(read, theirs.eval()(images.float() / 255), atol=1e-4)
    assert read.is_contiguous(memory_format=torch.channels_last)


def test_statistics_of_bytes_are_taken_of_what_is_normalised() -> None:
    reader = ObservationReader({None: Normaliser(RunningMeanStd((1,)))})
    table = torch.tensor([[0], [255]], dtype=torch.uint8)  # 0 and 1: mean 1/2, deviation 1/2
    for _ in range(200):  # the statistics begin with one row of mean 0 and deviation 1
        reader.update(table)
    assert torch.allclose(reader.read(table), torch.tensor([[-1.0], [1.0]]), atol=2e-2)


def test_pictures_keep_their_numbers_and_come_with_their_channels_last_in_memory() -> None:
    pictures = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).reshape(2, 3, 4, 5)
    scaled = ObservationReader({}).read_bytes(pictures)
    assert torch.equal(scaled, pictures.float() / 255) and scaled.is_contiguous(
        memory_format=torch.channels_last
    )
