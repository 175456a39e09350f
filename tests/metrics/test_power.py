"""What gates can see, against the page's table and by brute force."""

from __future__ import annotations

import pytest
from scipy import stats

from robustcheck.stats.power import paired_power, passing_share, smallest_drop

TABLE = {0.005: (1348, 505, 162), 0.02: (3278, 998, 246), 0.04: (5860, 1639, 352)}


@pytest.mark.parametrize("gained", TABLE)
@pytest.mark.parametrize(("place", "drop"), [(0, 0.01), (1, 0.02), (2, 0.05)])
def test_so_many_pictures_show_a_drop_four_times_of_five(gained: float, place: int, drop: float) -> None:
    n = TABLE[gained][place]
    assert 0.8 <= paired_power(n, drop, gained=gained) < 0.813


@pytest.mark.parametrize(("n", "drop", "gained"), [(12, 0.3, 0.05), (20, 0.2, 0.0), (7, 0.5, 0.1)])
def test_power_is_what_all_outcomes_add_up_to(n: int, drop: float, gained: float) -> None:
    total = 0.0
    chances = (drop + gained, gained, 1 - drop - 2 * gained)
    for lost in range(n + 1):
        for won in range(n + 1 - lost):
            found = stats.binomtest(lost, lost + won, 0.5, alternative="greater").pvalue if lost + won else 1.0
            if found <= 0.05:
                total += stats.multinomial.pmf((lost, won, n - lost - won), n, chances)
    assert paired_power(n, drop, gained=gained) == pytest.approx(total, abs=1e-9)


def test_the_smallest_drop_is_the_first_that_is_found_so_often() -> None:
    drop = smallest_drop(500)
    assert drop is not None
    assert paired_power(500, drop) >= 0.8 > paired_power(500, drop - 0.001)
    assert smallest_drop(3) is None


@pytest.mark.parametrize("confidence", [None, 0.95, 0.999])
@pytest.mark.parametrize("at_least", [True, False])
def test_the_share_that_passes_does_so_four_times_of_five(confidence: float | None, at_least: bool) -> None:
    n, bound = 300, 0.8 if at_least else 0.2
    share = passing_share(n, bound, at_least=at_least, confidence=confidence)
    assert share is not None
    passes = 0.0
    for count in range(n + 1):
        if confidence is None:
            clears = count / n >= bound if at_least else count / n <= bound
        else:
            side = "greater" if at_least else "less"
            ends = stats.binomtest(count, n, alternative=side).proportion_ci(confidence)
            clears = ends.low >= bound if at_least else ends.high <= bound
        passes += stats.binom.pmf(count, n, share) * clears
    assert passes == pytest.approx(0.8, abs=1e-6)


def test_no_share_passes_a_gate_that_takes_more_pictures() -> None:
    assert passing_share(100, 0.999, at_least=True, confidence=0.95) is None
    assert passing_share(3000, 0.999, at_least=True, confidence=0.95) is not None
    assert passing_share(100, 0.001, at_least=False, confidence=0.95) is None
