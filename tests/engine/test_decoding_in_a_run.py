"""What an entry says of decoding is what the model sees; how many pictures it concerns stands in the notes of every result."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import robustcheck
from robustcheck.core.errors import ModelError
from robustcheck.data import open_source
from robustcheck.engine.tools.doctor import diagnose
from robustcheck.language.configs import load_project
from robustcheck.models import open_model

CLASSES = ("left", "right")
CODE = '''
"""Networks whose answer can be read off the pixels."""

import torch
from torch import nn


class Half(nn.Module):
    """Says which half is brighter, with one channel or three."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.fill_(1 / channels)

    def forward(self, x):
        level = self.conv(x)[:, 0]
        middle = level.shape[2] // 2
        left, right = level[:, :, :middle].mean((1, 2)), level[:, :, middle:].mean((1, 2))
        return 20 * torch.stack([left, right], 1)


def build(channels: int = 3):
    return Half(channels).eval()
'''
MODELS = """
halves:
  kind: python
  factory: halves:build
  arguments: {{channels: {channels}}}
  classes: [left, right]
  input: {{size: 16, resize: none, mean: [{mean}], std: [{std}]{more}}}
"""
SUITE = """
robustcheck: 1
title: Halves
owner: tests
model: halves
data: pictures
clean: {expect: {accuracy: ">= 1%"}}
checks:
  - {shift: light.exposure, stops: [0.1ev, 0.2ev], expect: {accuracy: ">= 1%"}}
"""
DATA = "pictures: {kind: imagefolder, path: ../pictures}\n"


def halves(dark: int, bright: int, side: str) -> np.ndarray[Any, Any]:
    pixels = np.full((16, 16, 3), dark, np.uint8)
    part = slice(0, 8) if side == "left" else slice(8, 16)
    pixels[:, part] = bright
    return pixels


def save(path: Path, picture: Image.Image, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def build(root: Path, *, more: str = "", channels: int = 3, mean: str = "0, 0, 0", std: str = "1, 1, 1") -> Path:
    models = MODELS.format(channels=channels, mean=mean, std=std, more=f", {more}" if more else "")
    files = {"configs/models.yaml": models, "configs/data.yaml": DATA, "suites/halves.yaml": SUITE, "halves.py": CODE}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip())
    return root


def mixed(root: Path) -> None:
    """Write 4 plain, 3 turned by 180 degrees, 2 with alpha (1 opaque), 3 gray and 4 with 16 bits, half of them of 12."""
    folder = root / "pictures"
    for number in range(2):
        for side in CLASSES:
            save(folder / side / f"plain{number}.png", Image.fromarray(halves(60, 180, side)))
    for number in range(3):
        exif = Image.Exif()
        exif[274] = 3
        save(folder / "left" / f"turned{number}.png", Image.fromarray(halves(60, 180, "right")), exif=exif)
    clear = Image.fromarray(halves(60, 180, "left"))
    clear.putalpha(Image.fromarray(np.where(np.arange(16) < 8, 0, 255)[None].repeat(16, 0).astype(np.uint8)))
    save(folder / "left" / "clear.png", clear)
    opaque = Image.fromarray(halves(60, 180, "right"))
    opaque.putalpha(255)
    save(folder / "right" / "opaque.png", opaque)
    for number in range(3):
        save(folder / "right" / f"gray{number}.png", Image.fromarray(halves(60, 180, "right")).convert("L"))
    for number, white in enumerate((4095, 4000, 4095, 60000)):
        deep = (halves(0, 1, "right")[..., 0].astype(np.uint16) * white).astype(np.uint16)
        save(folder / "right" / f"deep{number}.png", Image.fromarray(deep))


EXPECTED = [
    "3 of 16 pictures are turned by EXIF (applied)",
    "2 of 16 pictures have an alpha channel, blended with white (1 of them not opaque)",
    "7 of 16 pictures are gray, shown as RGB",
    "4 of 16 pictures have 16 bits a channel, rounded to 8",
    "3 of 4 pictures with 16 bits a channel have no value of 4096 or more: that looks like 12-bit data, which is nearly black "
    "here; scale the values by 16.0037 when you store them",
]


def notes(root: Path, **options: Any) -> list[str]:
    return list(robustcheck.run_suite("suites/halves.yaml", root=root, **options).document["suites"][0]["notes"])


def test_how_many_pictures_it_concerns_is_counted_whatever_batch_and_cache(tmp_path: Path) -> None:
    mixed(build(tmp_path))
    assert notes(tmp_path) == EXPECTED
    assert notes(tmp_path) == EXPECTED  # from the cache
    for size in (1, 3, 64):
        assert notes(tmp_path, batch_size=size, cache=False) == EXPECTED


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("exif: ignore", "3 of 16 pictures are turned by EXIF (ignored, so they are shown as they are stored)"),
        ("alpha: black", "2 of 16 pictures have an alpha channel, blended with black (1 of them not opaque)"),
        ("alpha: drop", "2 of 16 pictures have an alpha channel, dropped (1 of them not opaque)"),
    ],
)
def test_each_setting_is_told(tmp_path: Path, more: str, said: str) -> None:
    mixed(build(tmp_path, more=more))
    assert said in notes(tmp_path)


def test_workers_and_a_part_of_the_cases_tell_the_same(gate: Any) -> None:
    mixed(build(gate.root))
    for arguments in (("-n2", "--robustcheck-split"), ("-k", "stops=0.2ev")):
        gate.run("--robustcheck-no-cache", *arguments)
        assert gate.report()["suites"][0]["notes"] == EXPECTED


@pytest.mark.parametrize(
    ("more", "accuracy"),
    [("exif: apply", 1.0), ("exif: ignore", 0.0)],
)
def test_a_turned_picture_is_seen_as_declared(tmp_path: Path, more: str, accuracy: float) -> None:
    build(tmp_path, more=more)
    exif = Image.Exif()
    exif[274] = 2
    for suffix, options in ((".jpg", {}), (".png", {}), (".tif", {}), (".webp", {"lossless": True})):
        for side, other in (CLASSES, CLASSES[::-1]):
            picture = Image.fromarray(halves(60, 180, other))
            save(tmp_path / "pictures" / side / f"x{suffix}", picture, exif=exif, **options)
    result = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    assert result["clean"].metrics["accuracy"].value == accuracy


@pytest.mark.parametrize(
    ("more", "accuracy"),
    [("alpha: white", 0.0), ("alpha: black", 1.0), ("alpha: drop", 1.0)],
)
def test_a_transparent_picture_is_seen_as_declared(tmp_path: Path, more: str, accuracy: float) -> None:
    build(tmp_path, more=more)
    for side, other in (CLASSES, CLASSES[::-1]):
        clear = Image.fromarray(halves(60, 180, side))
        opaque = np.where(halves(0, 1, other)[..., 0] == 0, 255, 0).astype(np.uint8)
        clear.putalpha(Image.fromarray(opaque))  # the darker half is clear
        save(tmp_path / "pictures" / side / "x.png", clear)
    result = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    assert result["clean"].metrics["accuracy"].value == accuracy


@pytest.mark.parametrize("more", ["exif: ignore", "alpha: black", "alpha: drop"])
def test_another_decoding_is_another_model_as_run(tmp_path: Path, more: str) -> None:
    mixed(build(tmp_path))
    first = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    build(tmp_path, more=more)
    second = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    models = [result.document["suites"][0]["model"] for result in (first, second)]
    assert models[0]["digest"] != models[1]["digest"]
    assert models[0]["definition"] != models[1]["definition"]
    assert not second["clean"].cached
    assert first.document["suites"][0]["data"]["digest"] == second.document["suites"][0]["data"]["digest"]
    assert first["clean"].proof != second["clean"].proof


def gray_model(root: Path) -> Any:
    build(root, channels=1, mean="0.1307", std="0.3081", more="channels: gray")
    return open_model(load_project(root, root / "configs").models["halves"], device="cpu")


def test_a_gray_model_sees_what_convert_l_gives(tmp_path: Path) -> None:
    model = gray_model(tmp_path)
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (16, 16, 3), dtype=np.uint8) for _ in range(12)]
    for number, pixels in enumerate(pictures):
        save(tmp_path / "pictures" / CLASSES[number % 2] / f"{number:02}.png", Image.fromarray(pixels))
    result = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    luma = np.stack([np.asarray(Image.fromarray(pixels).convert("L")) for pixels in pictures])
    with torch.inference_mode():
        inputs = (torch.from_numpy(luma)[:, None].float() / 255 - 0.1307) / 0.3081
        expected = model.module(inputs)
    right = expected.argmax(1).numpy() == np.arange(12) % 2
    assert result["clean"].metrics["accuracy"].value == pytest.approx(right.mean())
    assert "12 of 12 pictures have colours, made gray" in result.document["suites"][0]["notes"]
    np.testing.assert_allclose(model.logits(luma[..., None].repeat(3, 3)), expected, atol=1e-5)


def test_an_attack_on_a_gray_model_is_bounded_in_its_one_channel(tmp_path: Path) -> None:
    gray_model(tmp_path)
    for number, bright in enumerate(range(70, 130, 5)):
        for side in CLASSES:
            save(
                tmp_path / "pictures" / side / f"{number:02}.png",
                Image.fromarray(halves(60, bright, side)).convert("L"),
            )
    attacks = "".join(
        f"  - {{attack: pgd, norm: {norm}, eps: {eps}, id: {norm}, expect: {{accuracy: '>= 1%'}}}}\n"
        for norm, eps in (("linf", "16/255"), ("l2", "0.5"))
    )
    path = tmp_path / "suites" / "halves.yaml"
    path.write_text(path.read_text() + attacks)
    result = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    # The two halves differ by d levels: a ball of eps in the one channel turns the answer where 2 eps > d, and for L2,
    # 256 pixels that move by eps / 16 each, where 2 eps / 16 > d / 255.
    depths = np.arange(10, 70, 5)
    for case, reach in (("linf", 32), ("l2", 2 * 255 * 0.5 / 16)):
        (kept,) = [one for one in result.cases if one.id.startswith(case)]
        assert kept.verdict == "pass", kept.problems
        assert kept.metrics["robust_accuracy"].value == pytest.approx((depths > reach).mean())


def test_a_network_of_one_channel_is_told_how_to_be_written(tmp_path: Path) -> None:
    build(tmp_path, channels=1)
    save(tmp_path / "pictures" / "left" / "x.png", Image.fromarray(halves(60, 180, "left")))
    save(tmp_path / "pictures" / "right" / "x.png", Image.fromarray(halves(60, 180, "right")))
    result = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
    assert "its first layer takes 1 channels: write input.channels: gray" in result["clean"].problems[0]


@pytest.mark.parametrize(
    ("mean", "std", "white"),
    [("103.53, 116.28, 123.675", "1, 1, 1", 255), ("103.53, 116.28, 123.675", "57.375, 57.12, 58.395", 255)],
)
def test_a_model_of_0_to_255_gets_what_it_was_trained_with(tmp_path: Path, mean: str, std: str, white: int) -> None:
    build(tmp_path, mean=mean, std=std, more=f"scale: {white}, channels: bgr")
    model = open_model(load_project(tmp_path, tmp_path / "configs").models["halves"], device="cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    numbers = [torch.tensor([float(one) for one in text.split(", ")]).view(1, 3, 1, 1) for text in (mean, std)]
    with torch.inference_mode():
        expected = model.module(
            (torch.from_numpy(pixels[..., ::-1].copy()).permute(0, 3, 1, 2) - numbers[0]) / numbers[1]
        )
    np.testing.assert_allclose(model.logits(pixels), expected, rtol=1e-4, atol=1e-3)


def test_pillow_images_of_python_code_are_decoded_as_declared(tmp_path: Path) -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 2
    Image.fromarray(halves(60, 180, "right")).save(stream, "PNG", exif=exif)
    (tmp_path / "turned.png").write_bytes(stream.getvalue())
    for more, accuracy in (("exif: apply", 0.5), ("exif: ignore", 0.5)):
        build(tmp_path, more=more)
        (tmp_path / "mine.py").write_text(
            "from PIL import Image\n"
            f"def build():\n    turned = Image.open({str(tmp_path / 'turned.png')!r})\n    turned.load()\n"
            "    return [('a', turned, 'left'), ('b', turned, 'right')]\n"
        )
        (tmp_path / "configs" / "data.yaml").write_text("pictures: {kind: python, factory: 'mine:build'}\n")
        result = robustcheck.run_suite("suites/halves.yaml", root=tmp_path)
        assert result["clean"].metrics["accuracy"].value == accuracy
        assert any("2 of 2 pictures are turned by EXIF" in note for note in result.document["suites"][0]["notes"])


def test_numbers_that_do_not_fit_the_channels_are_an_error_of_the_model(tmp_path: Path) -> None:
    model = gray_model(tmp_path)
    for other in ("rgb", "bgr"):
        with pytest.raises(ModelError, match="one number for each of 3 channels"):
            model.with_preprocessing(dataclasses.replace(model.entry.preprocessing, channels=other))


def test_the_doctor_looks_at_a_gray_model(tmp_path: Path) -> None:
    gray_model(tmp_path)
    for number in range(6):
        for side in CLASSES:
            picture = Image.fromarray(halves(60, 100 + number, side)).convert("L")
            save(tmp_path / "pictures" / side / f"{number}.png", picture)
    project = load_project(tmp_path, tmp_path / "configs")
    entry = project.models["halves"]
    source = open_source(project.data["pictures"], seed=0, decoding=entry.preprocessing.decoding)
    assert diagnose(entry, source, pictures=12, device="cpu").lines()
