"""Colours: moods of a few palettes each, and the moods of each genre. Genres share moods on purpose."""

import colorsys
import random
from dataclasses import dataclass, replace

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
        "1d2126 343a42 9fb0b8 f2c14e f5f3ea",
        "101010 2a2a2a e8e8e8 7d8a8c ffffff",
    ),
    "blood": (
        "93151d a91722 16090b f3d9b1 fff4e2",
        "1a0a0d 3a0d14 c4161c e8a07c f6e7d8",
        "b8211f a01a1b 1c0f10 ffcf56 fff3dd",
    ),
    "night": (
        "141b3c 232d5c f2d56b 8fb8de f7f2da",
        "0f2233 1c3a52 9ec9c4 f28f3b f4f1e4",
        "1e1633 35265c c9b6f2 f25f8a f8f0ff",
    ),
    "neon": (
        "1b1035 301a59 ff3f8e 2de2e6 fdf0ff",
        "071a2b 0f3450 00d1c1 ff6b35 effcff",
        "240a3a 42125e f6d743 ff2e93 fff8e0",
    ),
    "steel": (
        "2d3a45 3d4d5a c7d3d4 f29e38 f6f7f2",
        "c5ced0 b3bec2 27323a d1472f 11181d",
        "394a51 4b5d63 e3c770 dde5e2 fbfaf4",
    ),
    "dust": (
        "e3b778 d9a561 6b2d18 b3412a 2e130b",
        "ad5322 a14a1d 2e100a f7d488 fff0d2",
        "f0d9ae e6c88f 8a4a24 3f6b6b 33190d",
    ),
    "sunset": (
        "e8562a f0803a 4a1230 ffdc7a 2a0a1c",
        "f7b24a f2993a 8a1c3f 2b3a67 2c0f22",
        "3b1344 6b1f52 ff7a3d ffd166 fff0dc",
    ),
    "sepia": (
        "e9dcc0 ddcca8 4b3423 9c3f2a 2b1c12",
        "d6c29b c8b187 5a2f22 2f5d62 25160e",
        "3a2a1e 4b3828 d9bf8c c9613d f7ead0",
    ),
    "paper": (
        "f4f1e8 e7e2d3 23262b d93a2b 14161a",
        "f7f5f0 e9ebe6 2b4a6f f2a516 10202f",
        "efe9df e2d9ca 3d5a45 c95f3f 1a2419",
    ),
    "newsprint": (
        "e6e4dc d8d5cb 1c1c1c b3261e 101010",
        "dcdcd8 cfcfca 2a2f38 3b6ea5 12151a",
        "f0ead6 e2dbc3 222222 77736a 0d0d0d",
    ),
    "pastel": (
        "f7d9d0 f2c9bf 5b4b7a e0707c 34284d",
        "cfe4e0 bcd8d4 3f5f73 f08a6c 1f3442",
        "fbe8b8 f5dc9c 7a4f6d 5aa6a0 3d2438",
    ),
    "candy": (
        "f48fb1 ef7aa2 fff3d6 5a2a82 3b1359",
        "8fd3e8 7ac6df d6336c 5a2a82 15304a",
        "ffd23f ffc420 ee4266 118a7e 3d1f5c",
    ),
    "pop": (
        "f6c915 f0bd00 d7263d 1b4b8f 1c1c2b",
        "c9332b bb2a23 ffdf9e 1d2a52 fff8e5",
        "17797b 126a6c ffd166 ff8fa3 fffbe8",
    ),
    "forest": (
        "1f3d2b 2b5138 c7d48a e8b04b f6f4dd",
        "a9c08c 99b37b 274029 c8553d 14230f",
        "3f4a2c 515e38 d8cfa0 c9472f f7f3dc",
    ),
    "sea": (
        "12465c 1a5a74 f2e3b6 f27b50 fdf7e3",
        "7fc4c4 6cb6b8 17445c f2f0d0 0c2a3a",
        "1f6f8b 287f9d ffd98a ee5d4a fff9e8",
    ),
    "royal": (
        "3a1a5c 4b2673 e6b94d 7fd1c7 fbf1d8",
        "6b1238 7d1a45 e9c46a f4a6a0 fff1da",
        "103b3a 184e4c dcb24c e0637a faf3da",
    ),
}

MOODS_OF: dict[str, str] = {
    "Action": "sunset steel blood noir neon",
    "Adventure": "sunset sea forest dust",
    "Animation": "candy pop pastel sea",
    "Biography": "sepia paper royal pastel",
    "Comedy": "pop candy pastel paper",
    "Crime": "noir steel blood sepia",
    "Documentary": "paper newsprint sea steel forest",
    "Drama": "pastel sepia sea paper night dust",
    "Family": "pastel candy forest pop",
    "Fantasy": "royal night forest candy",
    "History": "sepia royal dust blood",
    "Horror": "blood night noir forest",
    "Music": "neon pop noir sunset",
    "Musical": "royal candy sunset pop",
    "Mystery": "night noir sepia steel",
    "N/A": "paper newsprint",
    "News": "newsprint paper steel",
    "Reality-TV": "pop neon newsprint pastel",
    "Romance": "candy blood sunset pastel",
    "Sci-Fi": "neon night steel sunset",
    "Short": "paper pastel dust newsprint",
    "Sport": "pop forest sea sunset",
    "Thriller": "blood noir steel night",
    "War": "forest steel dust blood",
    "Western": "dust sunset sepia",
}


def _read(line: str) -> Ink:
    return Ink(*(tuple(bytes.fromhex(code)) for code in line.split()))


PALETTES: dict[str, tuple[Ink, ...]] = {mood: tuple(_read(line) for line in lines) for mood, lines in _MOODS.items()}


def choose_ink(genre: str, rng: random.Random, moods: str = "") -> Ink:
    """A random palette for a genre, or of one of ``moods`` if given, with slightly shifted hues."""
    mood = rng.choice((moods or MOODS_OF[genre]).split())
    ink = rng.choice(PALETTES[mood])
    turn, lift = rng.uniform(-0.025, 0.025), rng.uniform(0.94, 1.05)
    return Ink(*(_shift(colour, turn, lift) for colour in ink))


def _shift(colour: Colour, turn: float, lift: float) -> Colour:
    hue, saturation, value = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
    shifted = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, min(1, value * lift))
    return tuple(round(c * 255) for c in shifted)
