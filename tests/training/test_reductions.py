"""What is reduced from a layer's entries."""

import numpy as np
import pytest

from satnet.training.reductions import phi_b


@pytest.mark.parametrize(("stddev", "phi"), [(0.5, 0.349), (1.0, 0.555), (1.39, 0.650), (3.0, 0.821), (10.0, 0.945)])
def test_phi_b_of_a_normal_preactivation_is_the_published_number(stddev, phi):
    # given METRICS section 3: tanh of N(0, s)
    z = np.random.default_rng(1).standard_normal(200_000) * stddev

    # when / then
    a = np.tanh(z)
    assert float(phi_b("tanh", a, np.abs(a).mean())) == pytest.approx(phi, abs=0.003)
