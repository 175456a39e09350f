"""Which files are pictures: by their first bytes, with suffixes for what need not be looked at; and what systems leave behind.

The one list of suffixes, of kinds that are read or refused, and of files and folders that nobody put into a data set.
"""

from __future__ import annotations

import re
import struct
from pathlib import PurePath
from typing import Final

READ: Final = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".mpo"),
    "WebP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff", ".btf", ".tf8"),
}
"""Kinds that are read, with their usual suffixes."""

REFUSED: Final = {
    "GIF": (".gif", ".giff"),
    "HEIC": (".heic", ".heif", ".hif", ".heics", ".heifs"),
    "AVIF": (".avif", ".avifs"),
    "JPEG XL": (".jxl",),
    "JPEG 2000": (".jp2", ".j2k", ".j2c", ".jpf", ".jpx", ".jpc", ".jpm"),
    "JPEG XR": (".jxr", ".wdp", ".hdp"),
    "Photoshop": (".psd", ".psb"),
    "GIMP": (".xcf",),
    "SVG": (".svg", ".svgz"),
    "netpbm": (".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm"),
    "OpenEXR": (".exr",),
    "Radiance HDR": (".hdr", ".rgbe"),
    "DICOM": (".dcm", ".dicom"),
    "FITS": (".fits", ".fts"),
    "icon": (".ico", ".cur", ".icns"),
    "DirectDraw": (".dds",),
    "Targa": (".tga",),
    "PCX": (".pcx",),
    "SGI": (".sgi",),
    "QOI": (".qoi",),
    "BPG": (".bpg",),
    "DjVu": (".djvu", ".djv"),
    "camera raw": (
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef", ".mos"),
        *(".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    ),
}  # fmt: skip
"""Kinds of pictures that are not read, with their usual suffixes: they count as unreadable."""

READ_SUFFIXES: Final = frozenset(suffix for suffixes in READ.values() for suffix in suffixes)
SUFFIXES: Final = READ_SUFFIXES | {suffix for suffixes in REFUSED.values() for suffix in suffixes}
HEAD: Final = 1024
"""Bytes at the beginning of a file that ``kind_of`` wants."""

_RAW: Final = "camera raw"
_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II\xbc", "JPEG XR"),
    (b"IIU\0", _RAW),
    (b"IIRO", _RAW),
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"FOVb", _RAW),
    (b"\0MRM", _RAW),
    (b"II\x1a\0\0\0HEAPCCDR", _RAW),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF8", "GIF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"SIMPLE  =", "FITS"),
    (b"icns", "icon"),
    (b"DDS |", "DirectDraw"),
    (b"\x0a\x05\x01\x08", "PCX"),
    (b"\x01\xda\x01\x01", "SGI"),
    (b"\x01\xda\0\x01", "SGI"),
    (b"qoif", "QOI"),
    (b"BPG\xfb", "BPG"),
    (b"AT&TFORM", "DjVu"),
)
_BRANDS: Final = {
    b"crx ": _RAW,
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"), "HEIC"),
}
"""Of ISO media files, the most telling first: AVIF names mif1 too. Films have none of these."""
_BMP_HEADERS: Final = (12, 16, 40, 52, 56, 64, 108, 124)

SYSTEM_FOLDERS: Final = frozenset(
    {
        *("@eadir", "@tmp", "@sharebin", "@syno", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@__thumb"),
        *("$recycle.bin", "system volume information", "found.000", "lost+found", "~snapshot"),
        *("__macosx", "network trash folder", "temporary items", "__pycache__"),
    }
)  # fmt: skip
"""Folders that storage boxes, desktops and tools make, in lower case; hidden ones, as .thumbnails and .Trash, are known by their dot.

No plain word is among them, since a class may have it for a name: recycled glass.
"""
SYSTEM_FILES: Final = frozenset(
    {
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "picasa.ini",
        "icon\r",
        "folder.htt",
        "sync.ffs_db",
    }
)
"""Files that they make, in lower case."""


def left_behind(name: str, *, folder: bool) -> str:
    """Return how what a system makes or hides is called in a note; empty for what somebody put there.

    Args:
        name: Of one file or folder, without the folders above it.
        folder: Whether it is a folder.
    """
    if name.startswith("._"):
        return "._*"
    if name.startswith("."):
        return name + "/" if folder else name if name == ".DS_Store" else "hidden"
    low = name.casefold()
    if folder:
        return f"{name}/" if low in SYSTEM_FOLDERS or low.startswith((".trash", "@syno")) else ""
    if low.startswith(("~$", ".~lock.")) or "@syno" in low:
        return "lock or side file"
    return name.strip() if low in SYSTEM_FILES else ""


def is_read(kind: str) -> bool:
    """Whether pictures of a kind are read."""
    return kind in READ


def kind_of(head: bytes) -> str:
    """Return the kind of a picture by its first bytes, one of ``READ`` or ``REFUSED``; empty if it is no picture.

    Args:
        head: The first ``HEAD`` bytes, or all there are.
    """
    for start, kind in _STARTS:
        if head.startswith(start):
            return _RAW if kind == "TIFF" and head[8:10] == b"CR" else kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        length = min(struct.unpack_from(">I", head)[0], len(head))
        brands = {head[at : at + 4] for at in (8, *range(16, length, 4))}
        return next((kind for brand, kind in _BRANDS.items() if brand in brands), "")
    if head[:2] == b"BM" and len(head) > 18 and struct.unpack_from("<I", head, 14)[0] in _BMP_HEADERS:
        return "BMP"
    if head[128:132] == b"DICM":
        return "DICOM"
    if head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and len(head) > 21 and 0 < head[4] <= 64 and head[5] == head[9] == 0:
        return "icon"
    if re.match(rb"P[1-6][\s#][\s\d#]|P7\nWIDTH|P[fF]\s+\d", head):
        return "netpbm"
    return "SVG" if re.match(rb"(\xef\xbb\xbf)?\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)", head) and b"<svg" in head else ""


def kind_of_file(head: bytes, name: str) -> str:
    """Return the kind of a file by its first bytes, and by its suffix where these say nothing, or TIFF of a raw file.

    Args:
        head: See ``kind_of``.
        name: Of the file.
    """
    kind, suffix = kind_of(head), suffix_kind(name)
    return suffix if not kind or (kind == "TIFF" and suffix == _RAW) else kind


def refused_kind(content: bytes, name: str) -> str:
    """Return the kind of a picture that is not read, by all of its bytes; empty for others, pictures or not.

    Raw files of cameras look like TIFF, and the first picture in them is a thumbnail: they are told by what else they hold, or
    by their suffix.

    Args:
        content: The whole file.
        name: Its name.
    """
    kind = kind_of_file(content[:HEAD], name)
    if kind == "TIFF" and _is_raw(content):
        return _RAW
    return "" if is_read(kind) or not content else kind


def suffix_kind(name: str) -> str:
    """Return the refused kind that a suffix stands for; empty for other suffixes."""
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind, suffixes in REFUSED.items() if suffix in suffixes), "")


def _is_raw(content: bytes) -> bool:
    """Whether the first directory of a TIFF is that of a raw file: a thumbnail of another picture, or with DNG's version."""
    order = "<" if content[:2] == b"II" else ">"
    if content[2:4] not in (b"*\0", b"\0*"):
        return False
    try:
        (start,) = struct.unpack_from(f"{order}I", content, 4)
        (count,) = struct.unpack_from(f"{order}H", content, start)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHII", content, start + 2 + 12 * entry)
            if tag == 50706:  # DNGVersion
                return True
            if tag == 254 and kind == 4 and value & 1:  # NewSubfileType: a smaller version of another picture
                return True
    except struct.error:
        return False
    return False
