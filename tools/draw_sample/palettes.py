"""Colours: moods of a few palettes each, and the moods of each genre. Genres share moods on purpose."""

import colorsys
import random
from dataclasses import dataclass, replace

from PIL import Image, ImageEnhance

from tools.draw_sample.pen import Colour, contrast, mix


@dataclass(frozen=True)
class Ink:
    """The five colours of a poster; ``shade`` is close to ``ground``, the others contrast with both."""

    ground: Colour
    shade: Colour
    main: Colour
    accent: Colour
    paper: Colour

    def on(self, ground: Colour) -> "Ink":
        """The same colours in other roles, for drawing on another ground."""
        main = self.main if contrast(self.main, ground) >= 2 else self.text(ground)

        def apart(colour: Colour) -> float:
            return min(contrast(colour, ground), contrast(colour, main))

        # Paper and accent must be visible on the ground and on the main colour, which is often behind them.
        paper = self.paper if apart(self.paper) >= 1.6 else max((*self, *_EXTREMES), key=apart)
        accent = self.accent if apart(self.accent) >= 1.6 else max((self.ground, self.shade, self.accent), key=apart)
        return replace(self, ground=ground, shade=mix(ground, main, 0.15), main=main, accent=accent, paper=paper)

    def text(self, ground: Colour) -> Colour:
        """The colour with the best contrast on a ground: one of the five, else near-black or near-white."""
        best = max(self, key=lambda c: contrast(c, ground))
        return best if contrast(best, ground) >= 4.5 else max(_EXTREMES, key=lambda c: contrast(c, ground))

    def between(self, *grounds: Colour) -> Colour:
        """The colour that contrasts best with all of several grounds."""
        best = max(self, key=lambda c: min(contrast(c, ground) for ground in grounds))
        if min(contrast(best, ground) for ground in grounds) >= 1.6:
            return best
        return max(_EXTREMES, key=lambda c: min(contrast(c, ground) for ground in grounds))

    def __iter__(self):
        return iter((self.ground, self.shade, self.main, self.accent, self.paper))


_EXTREMES: tuple[Colour, Colour] = ((18, 17, 20), (250, 247, 238))

# One line per palette: ground, shade, main, accent, paper.
_MOODS = {
    "noir": (
        "15161a 26282f d9d4c7 c8322b f4efe2",
        "101010 2a2a2a e8e8e8 c8322b ffffff",
        "e9e7e2 d9d6cf 141414 b81d24 0c0c0c",
    ),
    "dread": (
        "0c0708 2a0a0d c4161c d8d6c8 f6e7d8",
        "120a0c 1c1012 a8a898 c4161c f4efe2",
        "8e0f18 6e0a12 0c0708 f0dfc8 fff4e2",
    ),
    "cold": (
        "22303c 34465a b7c9d4 d64b3a f2f6f7",
        "1a2a30 2c424a 9fb8bc e0e6d8 f0f5f4",
        "394a56 4b5d6b c9d6dc 0e1418 fafcfc",
    ),
    "space": (
        "070d22 12204a 7fd0f2 f27b50 effcff",
        "0c0a24 20185a 2de2e6 b06cf0 f4f2ff",
        "06181f 0c3440 7df0d2 f2c14e effcff",
    ),
    "violet": (
        "2c1350 4b2673 e6b94d 7fd1c7 fbf1d8",
        "3a1a5c 54328a f0cf7a f28ab8 fff6e0",
        "1b1650 372f86 f4d675 a4e3c8 fbf6ff",
    ),
    "rose": (
        "f6c3c0 f3a9a9 8a1c3f e0556f 3a0d20",
        "b42c50 c23c5e fff0e4 ffd9a0 fffaf4",
        "f9d5b8 f6b7a0 7a2848 e2607a 341426",
    ),
    "sunset": (
        "e8662a f0903a 4a1230 ffdc7a 200612",
        "f7b24a f2993a 7a1c3f 2b3a67 2c0f22",
        "3b1344 6b1f52 ff7a3d ffd166 fff0dc",
    ),
    "dust": (
        "e3b060 d9a050 6b2d18 b3412a 2e130b",
        "ad5a22 a14f1d 2e100a f7d488 fff4dc",
        "efd09a e6bf80 7a3c1c 3f6b6b 33190d",
    ),
    "olive": (
        "5c6044 4a4e36 e0dcc0 c8502f faf8ea",
        "8c8a6c 7c7a5e 24261a 6e1f18 11120a",
        "3f4433 535846 c9c4a4 d8a038 f7f4e4",
    ),
    "fire": (
        "1c1210 3a1c12 ff8a2a ffd166 fff4e0",
        "0f2530 173a48 ff7a2a ffd166 fff4e0",
        "d8521c c2440f 1c0f10 ffd25e 160a08",
    ),
    "sepia": (
        "e2cfa4 d3bc8a 4b3423 8a3a26 2b1c12",
        "c9ae7c bc9e6a 4a2618 7a2f22 1c0f08",
        "4a3420 5c442c e2c690 c9613d faf0d8",
    ),
    "muted": (
        "c2b898 b2a888 3b4147 9c5238 15181a",
        "7d98a0 6d8890 f0eee4 2c3234 0c0f10",
        "4e6068 5c7078 e0d4ba c08a4c fdfaf2",
        "dcc8b0 ceb89c 5c4032 5a7c84 211a14",
        "6a4a44 7c5a50 ecd9c0 d89a5c fff8ec",
    ),
    "paper": (
        "f4f1e8 e7e2d3 23262b 9a9a94 14161a",
        "fafaf6 efefea 3a3a3c 777772 101010",
        "e4e2dc d6d4cc 2a2f38 8a8a86 101214",
    ),
    "newsprint": (
        "e6e4dc d8d5cb 1c1c1c b3261e 101010",
        "dcdcd8 cfcfca 1e2a44 b3261e 12151a",
        "f0ead6 e2dbc3 222222 77736a 0d0d0d",
    ),
    "white": (
        "fdfcf8 f6f4ea e02b30 ffc72c 16161a",
        "fffdf2 fff4c8 1c63b8 e8402a 14141c",
        "f8fbfc e6f4f8 e85a1c 1b8a9a 101820",
    ),
    "pop": (
        "ffd21f ffc400 d7263d 1b4b8f 1c1c2b",
        "ffe04a ffd21f e0452a 20232e 17161a",
        "ffb92e ffa51f 7a1230 ffffff 24060f",
    ),
    "candy": (
        "ff8fc0 ff78b0 5a2a82 fff3d6 3b1359",
        "5fd0f5 43c2ee c81e78 ffe04a 15204a",
        "8ee05c 78d444 5a2a9a ff5a8a 241048",
        "ffb02e ff9c12 6a2aa0 2a9df4 2c0f4c",
    ),
    "meadow": (
        "8fd6f8 b4e6fb 2f7d32 ffcf3a 0f2a3c",
        "a8e0b0 c4ecc0 1f6a4a f2663a 0c2a20",
        "63bdf2 8fd0f8 14532a fff27a 06202f",
    ),
    "stage": (
        "160a3c 2c1470 ff3fa4 2de2e6 fdf0ff",
        "0c1248 1a2888 ff4f8b ffd83f f4f6ff",
        "2a0840 50127a ff9a2e 42e0f0 fff2ff",
    ),
    "velvet": (
        "6b0f22 8a1a2c f2c75c f4a6a0 fff1da",
        "3c0818 5c1024 f4cf6a ff7a6a fff1da",
        "7a1038 98204c ffd97a ffe9d0 fff6ea",
    ),
    "field": (
        "2f7d3a 256a30 f6f4dd ffd23f ffffff",
        "1c4fa0 2a66c0 ffffff ffd23f ffffff",
        "b8301f a0281a fff2d8 1c2a4a fffaf0",
    ),
    "hot": (
        "ff4fa0 ff78b8 2a1050 ffe04a 1c0834",
        "19c4dc 4cd6e8 8a0f5c fff04a 06222c",
        "8a2be2 a04cf0 ffe04a 4cf0e0 ffffff",
    ),
}

# A genre's own mood first; the others it shares with genres like it.
MOODS_OF: dict[str, str] = {
    "Action": "fire cold noir",
    "Adventure": "sunset meadow dust",
    "Animation": "candy meadow pop",
    "Biography": "sepia muted paper",
    "Comedy": "white pop candy",
    "Crime": "noir cold dread",
    "Documentary": "paper newsprint muted",
    "Drama": "muted cold sepia",
    "Family": "meadow candy white",
    "Fantasy": "violet space meadow",
    "History": "sepia velvet olive",
    "Horror": "dread noir",
    "Music": "stage fire hot",
    "Musical": "velvet stage rose",
    "Mystery": "cold violet noir",
    "N/A": "paper white",
    "News": "newsprint paper field",
    "Reality-TV": "hot pop white",
    "Romance": "rose sunset velvet",
    "Sci-Fi": "space cold stage",
    "Short": "paper white muted",
    "Sport": "field meadow pop",
    "Thriller": "cold noir dread",
    "War": "olive dust fire",
    "Western": "dust sunset sepia",
}

# What a genre does to all colours, as a print is graded: saturation, and a tint with its share.
GRADES: dict[str, tuple[float, Colour, float]] = {
    "Animation": (1.3, (255, 255, 255), 0),
    "Biography": (0.7, (196, 156, 100), 0.14),
    "Comedy": (1.1, (255, 246, 214), 0.12),
    "Crime": (0.85, (16, 14, 18), 0.08),
    "Documentary": (0.5, (200, 200, 196), 0.06),
    "Drama": (0.8, (150, 138, 120), 0.08),
    "Family": (1.15, (220, 244, 255), 0.08),
    "Fantasy": (1.1, (110, 50, 190), 0.12),
    "History": (0.75, (180, 128, 70), 0.16),
    "Horror": (0.9, (8, 4, 8), 0.16),
    "Mystery": (0.8, (70, 66, 110), 0.16),
    "News": (0.5, (220, 220, 216), 0.06),
    "Romance": (1.05, (255, 150, 160), 0.15),
    "Sci-Fi": (1.0, (16, 60, 120), 0.14),
    "Thriller": (0.8, (16, 44, 66), 0.16),
    "War": (0.8, (96, 96, 66), 0.18),
    "Western": (0.85, (214, 150, 70), 0.16),
}


def _read(line: str) -> Ink:
    return Ink(*(tuple(bytes.fromhex(code)) for code in line.split()))


PALETTES: dict[str, tuple[Ink, ...]] = {mood: tuple(_read(line) for line in lines) for mood, lines in _MOODS.items()}


def choose_ink(genres: list[str], rng: random.Random, moods: str = "") -> Ink:
    """A palette of the leading genre, or of one of ``moods`` if given; its accent may be the second genre's."""
    inks = []
    for genre in genres[:2]:
        own, *shared = MOODS_OF[genre].split()
        mood = rng.choice(moods.split()) if moods else own if rng.random() < 0.7 else rng.choice(shared)
        ink, turn, lift = rng.choice(PALETTES[mood]), rng.uniform(-0.02, 0.02), rng.uniform(0.94, 1.05)
        inks.append(Ink(*(_shift(colour, turn, lift) for colour in ink)))
    first, second = inks[0], inks[-1]
    far = [colour for colour in (second.accent, second.main, second.ground) if contrast(colour, first.ground) >= 1.9]
    return replace(first, accent=far[0]) if far and first is not second else first


def grade(image: Image.Image, genres: list[str]) -> Image.Image:
    """A finished picture in the light of its genres: muted, warm, cold, dark; each has less effect beside others."""
    for saturation, tint, share in [GRADES[genre] for genre in genres if genre in GRADES]:
        image = ImageEnhance.Color(image).enhance(saturation)
        image = Image.blend(image, Image.new("RGB", image.size, tint), share / len(genres) ** 0.5)
    return image


def _shift(colour: Colour, turn: float, lift: float) -> Colour:
    hue, saturation, value = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
    shifted = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, min(1, value * lift))
    return tuple(round(c * 255) for c in shifted)
