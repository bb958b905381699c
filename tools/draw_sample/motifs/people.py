"""People, from the waist up or whole: one kit for a bust, dressed for each genre, and a few groups."""

from typing import Any

from tools.draw_sample.motifs import a_person, hearts
from tools.draw_sample.motifs.nights import figure
from tools.draw_sample.pen import Colour, Pen, mix, smooth

_SKINS = ((246, 214, 186), (232, 186, 150), (205, 150, 110), (160, 106, 72), (112, 70, 48), (238, 200, 170))
_HAIR = ((26, 22, 22), (38, 28, 26), (70, 42, 26), (120, 74, 38), (206, 160, 84), (150, 52, 30), (170, 166, 160))
_DARK, _WHITE = (22, 20, 24), (250, 247, 240)


def bust(p, r, coat, skin=None, hair=None, hat="", hat_colour=_DARK, mouth="line", eyes="dots", shadow=0.0, extra=""):
    """Head and shoulders, 100 units wide, from y = -50 on; ``shadow`` darkens the right half.

    The body goes on far below: something is to be painted over its end, or the poster's edge cuts it.
    """
    skin, hair = skin or r.choice(_SKINS), hair or r.choice(_HAIR)
    long = r.random() < 0.45 and extra not in ("beard", "moustache")
    if long:
        p.blob([(-27, -20), (-16, -44), (16, -44), (27, -20), (29, 22), (0, 30), (-29, 22)], hair)
    p.poly(
        [*smooth([(-50, 60), (-46, 27), (-20, 17), (20, 17), (46, 27), (50, 60)], closed=False), (56, 260), (-56, 260)],
        coat,
    )
    p.rect(-9, 4, 9, 22, mix(skin, _DARK, 0.18))
    p.poly([(-12, 17), (12, 17), (0, 34)], mix(skin, _DARK, 0.1))
    p.oval(0, -12, 22, 27, skin)
    dark = mix(skin, _DARK, 0.78)
    if shadow:
        p.poly(Pen.round_points(0, -12, 22, 27, -90, 90), mix(skin, _DARK, shadow))
        p.poly([(0, 17), (20, 17), (46, 27), (50, 60), (56, 260), (0, 260)], mix(coat, _DARK, shadow * 0.8))
    p.line([(1, -8), (3, -2), (-1, -2)], 1.5, mix(skin, _DARK, 0.35))
    if hair:
        p.blob([(-24, -14), (-22, -36), (0, -43), (22, -36), (24, -14), (14, -27), (-12, -28)], hair)
    for side in (-1, 1):
        if eyes == "dots":
            p.oval(side * 9, -11, 3.2, 3.2, dark)
            p.line([(side * 5, -18), (side * 13, -18)], 2, hair)
        elif eyes == "wide":
            p.disc(side * 9, -12, 6, _WHITE)
            p.disc(side * 8, -11, 3.4, _DARK)
            p.arc(side * 9, -16, 7, 215, 325, 2, hair)
        elif eyes == "hollow":
            p.oval(side * 9, -12, 7, 9, _DARK)
        elif eyes == "closed":
            p.arc(side * 9, -13, 5, 20, 160, 2.2, dark)
        elif eyes == "glasses":
            p.rect(side * 10 - 9, -18, side * 10 + 9, -5, _DARK, 5)
    if mouth == "line":
        p.line([(-6, 5), (6, 5)], 2.2, dark)
    elif mouth == "smile":
        p.arc(0, -2, 9, 25, 155, 2.2, dark)
    elif mouth == "grin":
        p.oval(0, 0, 10, 8.5, (130, 24, 36), 0, 180)
        p.poly([(-9.6, 0), (9.6, 0), (7.6, 3.4), (-7.6, 3.4)], _WHITE)
    elif mouth == "scream":
        p.oval(0, 6, 6, 10, _DARK)
    elif mouth == "lips":
        p.oval(0, 5, 7, 3.4, (196, 44, 56))
    if extra == "beard":
        p.blob([(-22, -8), (-12, 0), (0, -2), (12, 0), (22, -8), (16, 18), (0, 30), (-16, 18)], hair)
    elif extra == "moustache":
        p.blob([(0, -2), (16, 2), (22, -3), (10, 8), (0, 4), (-10, 8), (-22, -3), (-16, 2)], hair)
    elif extra == "tie":
        p.poly([(-14, 18), (14, 18), (0, 50)], _WHITE)
        p.poly([(-4, 24), (4, 24), (6, 54), (-6, 54)], hat_colour)
    elif extra == "mic":
        p.line([(26, 50), (12, 14)], 5, _DARK)
        p.disc(11, 10, 8, (120, 120, 128))
    elif extra == "bandana":
        p.poly([(-20, 0), (20, 0), (18, 12), (0, 36), (-18, 12)], hat_colour)
    elif extra == "ruff":
        p.oval(0, 20, 34, 10, _WHITE)
    elif extra == "scarf":
        p.blob([(-24, 14), (24, 14), (28, 26), (0, 32), (-28, 26)], hat_colour)
        p.poly([(10, 24), (24, 24), (22, 54), (8, 54)], hat_colour)
    if hat:
        _HATS[hat](p, hat_colour)


def _brim(p, c):
    p.blob([(-21, -30), (-18, -58), (0, -54), (18, -58), (21, -30)], c)
    p.oval(0, -29, 42, 7, c)
    p.rect(-21, -38, 21, -33, mix(c, _WHITE, 0.5))


def _cowboy(p, c):
    p.blob([(-20, -30), (-17, -56), (0, -50), (17, -56), (20, -30)], c)
    p.blob([(-62, -42), (-30, -31), (30, -31), (62, -42), (38, -24), (-38, -24)], c)


def _helmet(p, c):
    p.oval(0, -22, 31, 32, c, 180, 360)
    p.rect(-36, -24, 36, -18, mix(c, _DARK, 0.25), 3)


def _glass(p, c):
    with p.veil(c, 0.35) as q:
        q.disc(0, -12, 40, 255)
    p.ring(0, -12, 40, 5, _WHITE)
    p.arc(0, -12, 31, 195, 250, 5, _WHITE)


def _hood(p, c):
    p.blob(
        [(-30, 20), (-34, -22), (0, -62), (34, -22), (30, 20), (22, 6), (22, -22), (0, -36), (-22, -22), (-22, 6)], c
    )


def _crown(p, c):
    p.poly([(-24, -30), (-28, -58), (-12, -44), (0, -62), (12, -44), (28, -58), (24, -30)], c)


def _cap(p, c):
    p.oval(0, -26, 25, 22, c, 180, 360)
    p.rect(0, -30, 40, -24, c, 3)


def _top(p, c):
    p.rect(-20, -76, 20, -30, c)
    p.rect(-36, -34, 36, -28, c, 3)
    p.rect(-20, -42, 20, -36, (196, 44, 56))


def _phones(p, c):
    p.arc(0, -14, 29, 180, 360, 6, c)
    for side in (-1, 1):
        p.rect(side * 27 - 7, -22, side * 27 + 7, 4, c, 5)


def _band(p, c):
    p.rect(-24, -32, 24, -24, c, 2)


def _wig(p, c):
    for x, y, size in ((-26, -8, 12), (26, -8, 12), (-26, 10, 11), (26, 10, 11), (-20, -30, 13), (20, -30, 13)):
        p.disc(x, y, size, c)
    p.oval(0, -38, 22, 12, c)


_HATS = {"brim": _brim, "cowboy": _cowboy, "helmet": _helmet, "glass": _glass, "hood": _hood, "crown": _crown,
         "cap": _cap, "top": _top, "phones": _phones, "band": _band, "wig": _wig}  # fmt: skip

# Who stands for a genre, one of the lines: the coat's colour, then what else differs, as `_read` has it.
_DRESSES = {
    "Action": ("141418 hat=band hat_colour=be1e26 shadow", "3c3c42 eyes=glasses"),
    "Adventure": ("b0844e hat=brim hat_colour=623c22 extra=scarf",),
    "Biography": ("623c22 extra=beard", "4a3e36 extra=moustache", "623c22 hat=wig hat_colour=d6ccba extra=ruff"),
    "Comedy": ("ffc428 mouth=grin eyes=wide", "de3c3c mouth=grin extra=moustache", "40a0d2 mouth=grin eyes=glasses"),
    "Crime": ("141418 hat=brim shadow", "2c2c32 hat=brim hat_colour=3c3a3c extra=tie shadow"),
    "Documentary": ("787a7e skin=c4c2be hair=545454", "464648 skin=aaa8a6 hair=282828"),
    "Drama": ("5c6e78 eyes=closed", "9a5a44 shadow", "2e6a72 mouth=smile", "c08a4a eyes=closed"),
    "Family": ("e6463c hat=cap hat_colour=2878c8 mouth=smile", "fabe32 mouth=smile"),
    "Fantasy": ("542c82 hat=hood hat_colour=542c82", "3c286e hat=crown hat_colour=e2b242"),
    "History": ("781824 hat=crown hat_colour=e2b242 extra=beard", "6e1e24 hat=wig hat_colour=e0d8c8 extra=ruff"),
    "Horror": ("141418 skin=e2e6de hair=141418 eyes=hollow mouth=scream",
               "3c080c skin=c8d2cc hair=141418 eyes=hollow shadow"),
    "Music": ("461e78 hat=phones hat_colour=f03c8c mouth=grin", "141418 eyes=glasses extra=mic mouth=scream"),
    "Musical": ("141418 hat=top mouth=grin extra=tie", "be1e26 mouth=lips eyes=closed"),
    "Mystery": ("3a364c skin=605c70 hat=brim hat_colour=282438 shadow",
                "36384c skin=4a485c hat=hood hat_colour=36384c"),
    "News": ("1e284a extra=tie hat_colour=be1e26", "3c4048 extra=mic"),
    "Reality-TV": ("f03c96 mouth=grin eyes=glasses", "14b4c8 mouth=grin extra=mic"),
    "Sci-Fi": ("d6dee6 hat=glass hat_colour=50c8f0", "46546e skin=78bec8 hair=285a78 eyes=wide"),
    "Sport": ("dc2828 hat=band hat_colour=faf7f0", "1e5abe hat=cap hat_colour=1e5abe",
              "fafafa hat=helmet hat_colour=c81e28"),
    "Thriller": ("1e2834 skin=b2c4ce shadow", "141418 skin=96acba shadow"),
    "War": ("5c623e hat=helmet hat_colour=565c3a", "605c4a hat=helmet hat_colour=686a5c shadow"),
    "Western": ("784824 hat=cowboy hat_colour=462814 extra=bandana", "623c22 hat=cowboy hat_colour=2c1a10 shadow"),
}  # fmt: skip


def _colour(code: str) -> Colour:
    return tuple(bytes.fromhex(code))


def _read(line: str) -> dict[str, Any]:
    coat, *rest = line.split()
    dress = dict(word.split("=") if "=" in word else (word, 0.42) for word in rest)
    return {"coat": _colour(coat)} | {
        name: _colour(value) if name in ("skin", "hair", "hat_colour") else value for name, value in dress.items()
    }


def _portrait(dresses):
    def draw(p, k, r):
        bust(p.at(0, 0, 100, flip=r.random() < 0.5), r, **_read(r.choice(dresses)))

    return draw


for _genre, _dresses in _DRESSES.items():
    a_person(_genre)(_portrait(_dresses))


@a_person("Romance", "Romance")
def embrace(p, k, r):
    """Two heads close together, seen from the side."""
    tones = r.sample(_SKINS, 2)
    for flip, skin, coat in ((False, tones[0], (150, 40, 70)), (True, tones[1], (54, 48, 84))):
        q = p.at(26 if flip else -26, 2 if flip else -4, 100, 7 if flip else -7, flip)
        q.poly(
            [*smooth([(-36, 60), (-30, 28), (-8, 18), (12, 24), (26, 60)], closed=False), (30, 260), (-42, 260)], coat
        )
        q.blob([(-12, -36), (8, -36), (18, -24), (19, -15), (26, -6), (21, -3), (22, 4), (17, 12), (6, 16), (6, 28),
                (-14, 28), (-16, 0), (-20, -18)], skin)  # fmt: skip
        hair = [(-14, -40), (6, -44), (18, -32), (4, -26), (-2, -4), (-8, 14), (-24, 18), (-30, -10), (-26, -30)]
        q.blob(hair if not flip or r.random() < 0.5 else [(x, min(y, -4)) for x, y in hair], r.choice(_HAIR))
        q.arc(13, -15, 4, 20, 160, 2, _DARK)


@a_person("Romance", "Musical")
def couple(p, k, r):
    """Two who hold hands."""
    ink = k.text(k.ground)
    figure(p, -15, 50, 98, ink)
    figure(p, 15, 50, 92, k.accent)
    p.poly([(15, -12), (2, 34), (28, 34)], k.accent)
    p.at(0, -44, 26).blob(hearts.HEART, (226, 60, 90))


@a_person("Comedy", "Comedy", "Family", "Reality-TV")
def bunch(p, k, r):
    """Three people who have a good time, shoulder to shoulder."""
    coats = r.sample([(255, 196, 40), (222, 60, 60), (64, 160, 210), (90, 180, 90), (240, 130, 60)], 3)
    for x, y, size, coat in ((-30, -4, 58, coats[0]), (30, -6, 58, coats[1]), (0, 12, 72, coats[2])):
        eyes, extra = r.choice(("wide", "dots", "dots")), r.choice(("", "", "moustache"))
        bust(p.at(x, y, size, r.uniform(-8, 8)), r, coat, mouth=r.choice(("grin", "smile")), eyes=eyes, extra=extra)


@a_person("Animation", "Animation", "Animation", "Family")
def big_creature(p, k, r):
    """A round creature with large eyes."""
    colour = r.choice(((255, 120, 60), (80, 200, 120), (60, 170, 240), (250, 90, 160), (255, 205, 50), (150, 90, 220)))
    for side in (-1, 1):
        if r.random() < 0.6:
            p.oval(side * 26, -36, 11, 14, colour)
            p.oval(side * 26, -36, 6, 8, mix(colour, _WHITE, 0.5))
        p.oval(side * 20, 46, 14, 7, mix(colour, _DARK, 0.3))
    p.blob([(-44, 10), (-36, -30), (0, -44), (36, -30), (44, 10), (34, 42), (0, 48), (-34, 42)], colour)
    p.oval(0, 22, 26, 22, mix(colour, _WHITE, 0.55))
    for side in (-1, 1):
        p.disc(side * 15, -14, 14, _WHITE)
        p.disc(side * 12, -12, 7, _DARK)
        p.disc(side * 10, -15, 2.6, _WHITE)
    p.oval(0, 6, 13, 10, (120, 20, 40), 0, 180)


@a_person("Drama", "Drama", "Short")
def alone(p, k, r):
    """One person, standing or seated, and the long shadow."""
    ink = k.text(k.ground)
    p.poly([(-4, 49), (4, 49), (58, 58), (40, 60)], mix(k.ground, _DARK, 0.35))
    figure(p, 0, 50, 84, ink)
    p.poly([(-11, -18), (11, -18), (15, 22), (-15, 22)], mix(ink, k.accent, 0.7))


@a_person("Drama", "Thriller", "Mystery")
def close_face(p, k, r):
    """A face so close that the frame cuts it, half in the dark."""
    skin = r.choice(_SKINS)
    q = p.at(0, 8, 150, flip=r.random() < 0.5)
    q.oval(0, 0, 33, 42, skin)
    q.poly(Pen.round_points(0, 0, 33, 42, -90, 90), mix(skin, (40, 34, 44), 0.46))
    q.blob([(-36, 0), (-30, -36), (0, -48), (30, -36), (36, 0), (20, -24), (-14, -26)], r.choice(_HAIR))
    for x in (-13, 13):
        q.blob([(x - 8, -2), (x, -6), (x + 8, -2), (x, 1)], _WHITE if x < 0 else (120, 122, 126))
        q.disc(x, -2.4, 2.8, _DARK)
    q.line([(-8, 22), (8, 22)], 2.4, mix(skin, (150, 40, 40), 0.6))
    q.line([(-2, 4), (-5, 12), (2, 13)], 1.6, mix(skin, _DARK, 0.5))


@a_person("Action", "Sport")
def hero(p, k, r):
    """Somebody in mid-stride, straight at us."""
    ink = k.text(k.ground)
    p.disc(0, -40, 9, ink)
    p.poly([(-20, -30), (20, -30), (12, 8), (-12, 8)], ink)
    p.line([(-7, 6), (-20, 26), (-22, 50)], 11, ink)
    p.line([(7, 6), (16, 24), (6, 42)], 11, ink)
    p.line([(-18, -26), (-34, -8), (-22, 6)], 8, ink)
    p.line([(18, -26), (34, -14), (44, -34)], 8, ink)


@a_person("War", "War")
def soldiers(p, k, r):
    """A file of soldiers with rifles."""
    for i, x in enumerate((-34, -8, 20)):
        q, ink = p.at(x, 0, 100 - 10 * i), mix((50, 54, 36), k.ground, 0.14 * i)
        figure(q, 0, 50, 96, ink)
        q.oval(0, -38, 14, 11, ink, 180, 360)
        q.line([(-16, 14), (18, -46)], 4, ink)
        q.rect(-19, -20, -8, 8, ink, 3)


@a_person("Adventure")
def climber(p, k, r):
    """A wanderer on a rock, with a staff."""
    ink = k.text(k.ground)
    p.poly([(-48, 52), (-18, 22), (16, 26), (46, 52)], mix(ink, k.ground, 0.25))
    figure(p, 0, 28, 76, ink, hat=True)
    p.line([(22, 28), (16, -44)], 3, ink)
    p.rect(-20, -28, -9, 0, k.accent, 4)


@a_person("Documentary", "News", "History")
def crowd(p, k, r):
    """Many people, the rear ones paler, from edge to edge."""
    ink = k.text(k.ground)
    for row, share in enumerate((0.55, 0.36, 0.18, 0.0)):
        y, tone = -22 + 19 * row, mix(ink, k.ground, share)
        for i in range(-5, 6):
            x, lift = 17 * i + 8 * (row % 2) + r.uniform(-3, 3), r.uniform(-5, 5)
            p.disc(x, y + lift, 6.6, tone)
            p.blob(
                [(x - 11, y + 30), (x - 9, y + 13 + lift), (x, y + 9 + lift), (x + 9, y + 13 + lift), (x + 11, y + 30)],
                tone,
            )


@a_person("Sci-Fi")
def astronaut_far(p, k, r):
    """A small explorer before a large world."""
    p.disc(0, -6, 46, mix(k.accent, _DARK, 0.2))
    p.disc(10, 0, 40, mix(k.accent, _DARK, 0.45))
    figure(p, 0, 50, 46, _WHITE)
    p.disc(0, 9, 7, _WHITE)


@a_person("Music", "Musical")
def singer(p, k, r):
    """A singer in the light, one arm up."""
    with p.veil(_WHITE, 0.3) as q:
        q.poly([(-8, -60), (8, -60), (44, 50), (-44, 50)], 255)
    figure(p, 0, 50, 92, _DARK)
    p.line([(10, -18), (26, -36), (22, -52)], 6, _DARK)
    p.line([(-18, 50), (-18, -22)], 2.6, _DARK)
    p.disc(-18, -26, 5, k.accent)


@a_person("Sport")
def kicker(p, k, r):
    """A player and the ball."""
    shirt = r.choice(((220, 40, 40), (30, 90, 190), (250, 200, 40)))
    p.disc(-6, -40, 9, r.choice(_SKINS))
    p.line([(-6, -26), (0, 0)], 20, shirt)
    p.line([(-12, -24), (-30, -10)], 7, shirt)
    p.line([(4, -24), (22, -34)], 7, shirt)
    p.line([(-2, 4), (-12, 26), (-16, 50)], 9, _DARK)
    p.line([(4, 4), (22, 16), (34, 34)], 9, _DARK)
    p.disc(44, 42, 9, _WHITE)
