"""Pillow as it is installed, loaded once more under another name, where no code of a project reaches it.

Pillow has switches that belong to the whole process: whether truncated files pass (``ImageFile.LOAD_TRUNCATED_IMAGES``), how many
pixels are too many, which decoder opens what (``Image.register_open``). A project may set them at any time, in its model's ``forward``
too, while pictures are decoded in other threads. So decoding uses modules of its own; only the compiled parts, which have no such
switches, are shared.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Final

import PIL
from PIL import _imaging, _webp

from robustcheck.core.absent_libraries import LibraryAbsent

NAME: Final = "_robustcheck_pillow"


def _load() -> Any:
    if getattr(PIL, "__file__", None) is None:
        raise LibraryAbsent("PIL")
    spec = importlib.util.spec_from_file_location(NAME, PIL.__file__, submodule_search_locations=list(PIL.__path__))
    if spec is None or spec.loader is None:
        raise ImportError("the installed Pillow cannot be loaded")
    package = sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    for compiled in (_imaging, _webp):
        short = compiled.__name__.rpartition(".")[2]
        sys.modules[f"{NAME}.{short}"] = compiled
        setattr(package, short, compiled)
    return package


if TYPE_CHECKING:
    from PIL import Image, UnidentifiedImageError
    from PIL.TiffImagePlugin import ImageFileDirectory_v2
else:
    UnidentifiedImageError = _load().UnidentifiedImageError
    Image = importlib.import_module(f"{NAME}.Image")
    for _format in ("Bmp", "Jpeg", "Png", "WebP"):
        importlib.import_module(f"{NAME}.{_format}ImagePlugin")
    ImageFileDirectory_v2 = importlib.import_module(f"{NAME}.TiffImagePlugin").ImageFileDirectory_v2
    # How large a picture may be is decided where it is decoded.
    Image.MAX_IMAGE_PIXELS = None

__all__ = ["Image", "ImageFileDirectory_v2", "UnidentifiedImageError"]
