"""Which shapes are images, and where their channels go."""

import numpy as np
import pytest

from tasks.images import channels_first


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((96, 96, 3), (3, 96, 96)),
        ((7, 7, 3), (3, 7, 7)),
        ((84, 84, 4), (4, 84, 84)),
        ((96, 96, 12), (12, 96, 96)),
        ((6, 7, 2), (2, 6, 7)),
        ((4, 84, 84), (4, 84, 84)),
        ((3, 64, 64), (3, 64, 64)),
        ((84, 84), (1, 84, 84)),
        ((4, 96, 96, 3), (12, 96, 96)),
        ((4, 4, 4), (4, 4, 4)),
    ],
)
def test_uint8_images_become_channels_first(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    convert = channels_first(shape, np.dtype(np.uint8))
    assert convert is not None
    assert convert(np.zeros((2, *shape), np.uint8)).shape == (2, *expected)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 2, 2, 2), ()])
def test_small_tables_and_vectors_are_no_images(shape: tuple[int, ...]) -> None:
    assert channels_first(shape, np.dtype(np.uint8)) is None


def test_a_matrix_of_floats_is_no_image_but_a_volume_is() -> None:
    assert channels_first((84, 84), np.dtype(np.float32)) is None
    assert channels_first((5, 5, 2), np.dtype(np.float32)) is not None


def test_a_pixel_keeps_its_place_and_its_colour() -> None:
    convert = channels_first((8, 9, 3), np.dtype(np.uint8))
    image = np.zeros((1, 8, 9, 3), np.uint8)
    image[0, 2, 5] = [1, 2, 3]
    assert convert is not None
    assert convert(image)[0, :, 2, 5].tolist() == [1, 2, 3]


def test_stacked_colour_frames_keep_their_order_as_channels() -> None:
    convert = channels_first((2, 8, 9, 3), np.dtype(np.uint8))
    frames = np.zeros((1, 2, 8, 9, 3), np.uint8)
    frames[0, 1, 2, 5] = [1, 2, 3]
    assert convert is not None
    assert convert(frames)[0, :, 2, 5].tolist() == [0, 0, 0, 1, 2, 3]
