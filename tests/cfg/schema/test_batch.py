"""Minibatch sizes that divide, by hand."""

from cfg.schema.batch import fitted_size, working_sizes


def test_the_default_stays_where_it_divides():
    assert fitted_size(batch=2048, multiple_of=1, wanted=512) == 512


def test_else_the_largest_divisor_below_it():
    # 30 envs x 32 steps = 960; its divisors up to 512 end in ..., 320, 480.
    assert fitted_size(batch=960, multiple_of=1, wanted=512) == 480


def test_sequences_stay_whole():
    # 18 divides 90 but holds no whole sequences of 10; 10 and 30 and 90 do.
    assert fitted_size(batch=90, multiple_of=10, wanted=20) == 10


def test_a_batch_below_the_default_is_one_minibatch():
    assert fitted_size(batch=32, multiple_of=1, wanted=512) == 32


def test_a_default_below_the_sequence_grows_to_it():
    assert fitted_size(batch=64, multiple_of=16, wanted=4) == 16


def test_the_nearest_sizes_are_offered_in_order():
    assert working_sizes(batch=2048, multiple_of=1, near=100) == [16, 32, 64, 128]
    assert working_sizes(batch=96, multiple_of=4, near=20) == [8, 12, 16, 24]
