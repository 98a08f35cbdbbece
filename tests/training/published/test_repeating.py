"""RGB begins with the predictor of RGB Shared at every scale."""

from pathlib import Path

import pytest
import torch

from l3c.cli import main
from l3c.published.network import make_network
from l3c.training.experiments import list_experiments
from l3c.training.published.repeating import repeated
from tests.published.test_network import SMALL, SMALL_RGB, SMALL_SHARED
from tests.training.pictures import losses, train_arguments, write_pictures

SIZES = [text for size in ("features=8", "blocks=1", "components=3") for text in ("-p", f"network.{size}")]


@torch.no_grad()
def test_mixtures_of_each_scale_are_those_of_rgb_shared_until_its_predictor_hears_a_coarser_one() -> None:
    torch.manual_seed(0)
    shared, rgb = make_network(SMALL_SHARED), make_network(SMALL_RGB)
    rgb.load_state_dict(repeated(rgb, shared.state_dict()))
    image = torch.randint(0, 256, (2, 3, 16, 24)).float()
    for scale in range(SMALL_RGB.scales):
        wanted = shared.classify(0, shared.context(0, image, None))
        found = rgb.classify(scale, rgb.context(scale, image, None))
        assert torch.allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_other_states_and_other_networks_keep_their_weights() -> None:
    shared, rgb, l3c = make_network(SMALL_SHARED), make_network(SMALL_RGB), make_network(SMALL)
    for network, state in ((rgb, rgb.state_dict()), (shared, shared.state_dict()), (l3c, shared.state_dict())):
        same = repeated(network, state)
        assert same.keys() == state.keys()
        assert all(torch.equal(same[key], state[key]) for key in state)


@pytest.mark.usefixtures("one_thread")
def test_a_training_of_rgb_begins_with_an_experiment_of_rgb_shared(tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures")
    short = [*SIZES, "-p", "iterations=3"]
    assert main(train_arguments(pictures, tmp_path / "shared", *short, model="rgb_shared")) == 0
    [shared] = list_experiments(tmp_path / "shared")
    restart = ["--restore-restart", str(shared.folder)]
    assert main(train_arguments(pictures, tmp_path / "rgb", *short, *restart, model="rgb")) == 0
    [rgb] = list_experiments(tmp_path / "rgb")
    assert list(losses(rgb.folder)) == [1, 2, 3]
    assert main(train_arguments(pictures, tmp_path / "no", *short, "--restore", str(shared.folder), model="rgb")) == 4
