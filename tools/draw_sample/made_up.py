"""Made-up films: more posters to train on than there are films in the sample, drawn by the same code."""

import random
from itertools import count, islice

from genreclf.data.splits import split_of
from tools.draw_sample.table import Film

# What titles of a genre are made of: nouns, then adjectives.
_WORDS = {
    "Action": ("Strike Impact Fury Vengeance Convoy Bullet", "Final Burning Hard Lethal Unstoppable"),
    "Adventure": ("Expedition Island Caravan Summit River Map", "Lost Distant Uncharted Golden Endless"),
    "Animation": ("Snail Turnip Dragonfly Hedgehog Robot Moonbeam", "Tiny Giggling Paper Clockwork Fluffy"),
    "Biography": ("Portrait Notebook Sculptor Inventor Apprentice", "Young Stubborn Forgotten Self-Taught Early"),
    "Comedy": ("Uncle Wedding Sausage Landlord Holiday Parrot", "Terrible Clumsy Nearly Honest Overbooked"),
    "Crime": ("Alibi Heist Informer Ledger Getaway Verdict", "Crooked Dirty Cold Unmarked Second"),
    "Documentary": ("Harvest Archive Witness Village Machine Census", "Unseen Last Living Hidden Working"),
    "Drama": ("Kitchen Daughter Winter Orchard Silence Neighbour", "Quiet Broken Late Ordinary Distant"),
    "Family": ("Puppy Treehouse Snowman Grandpa Meadow Pony", "Best Brave Sunny Runaway Four-Legged"),
    "Fantasy": ("Enchantress Griffin Lantern Kingdom Amulet Oath", "Silver Enchanted Thorn Sleeping Moonlit"),
    "History": ("Treaty Regent Chancellor Siege Dynasty Province", "Imperial Royal Ancient Ninth Divided"),
    "Horror": ("Cellar Scream Crypt Doll Rot Whisper", "Hungry Buried Pale Unholy Crawling"),
    "Music": ("Trumpet Backbeat Encore Tour Melody Drummer", "Loud Unplugged Blue Electric Off-Key"),
    "Musical": ("Chorus Footlights Serenade Tap Curtain Waltz", "Dazzling Singing Velvet Grand Dancing"),
    "Mystery": ("Key Staircase Stranger Fog Riddle Clock", "Missing Thirteenth Locked Nameless Curious"),
    "N/A": ("Untitled Fragment Reel", "Blank Unnamed"),
    "News": ("Bulletin Gazette Headline Dispatch Wire Election", "Weekly Late Live Special Front-Page"),
    "Reality-TV": ("Contest Villa Makeover Bake-Off House Auction", "Real Extreme Live Ultimate Unscripted"),
    "Romance": ("Kiss Balcony Valentine Bouquet Promise Summer", "Tender Secret First Lovesick Sweet"),
    "Sci-Fi": ("Orbit Android Nebula Signal Colony Comet", "Quantum Outer Synthetic Lunar Cryogenic"),
    "Short": ("Minute Button Matchbox Pebble Errand Umbrella", "Little Single Brief Small"),
    "Sport": ("Penalty Marathon Champion Goalkeeper League Relay", "Winning Final Undefeated Muddy Golden"),
    "Thriller": ("Hostage Deadline Shadow Passenger Witness Trap", "Silent Wrong Double Dark Perfect"),
    "War": ("Trench Battalion Ceasefire Bridgehead Sergeant Squadron", "Fallen Iron Winter Broken Last"),
    "Western": ("Gulch Saddle Marshal Stagecoach Canyon Bounty", "Dusty Lonesome Crooked Rattlesnake Six-Gun"),
}  # fmt: skip
MADE_UP = "made-up-"  # how their ids begin
_NAMES = "Odile Benno Marisol Tilda Ansel Priya Kofi Yusuf Greta Ines Lorcan Mabel"


def make_up_films(number: int, films: list[Film], seed: int = 0) -> list[Film]:
    """``number`` films, all of the train split, with the genres, roughly, of the train films among ``films``.

    Film i is the same whatever ``number`` is. Overviews are empty.
    """
    known = [film for film in films if split_of(film.id) == "train"]
    ids = (film_id for i in count() if split_of(film_id := f"{MADE_UP}{seed}-{i}") == "train")
    return [_make_up(film_id, known) for film_id in islice(ids, number)]


def _make_up(film_id: str, known: list[Film]) -> Film:
    rng = random.Random(f"film {film_id}")
    genres = list(rng.choice(known).genres)
    if rng.random() < 0.25 and len(genres) > 1:  # a combination that the sample may not have
        kin = rng.choice([film for film in known if genres[0] in film.genres]).genres
        genres[-1] = rng.choice([genre for genre in kin if genre not in genres] or genres[-1:])
    return Film(film_id, _title(genres, rng), rng.choice(known).year, tuple(genres), "")


def _title(genres: list[str], rng: random.Random) -> str:
    nouns, adjectives = ([word for genre in genres for word in _WORDS[genre][kind].split()] for kind in (0, 1))
    noun, other = rng.sample(nouns, 2)
    adjective, name = rng.choice(adjectives), rng.choice(_NAMES.split())
    forms = (noun, f"The {noun}", f"{adjective} {noun}", f"The {adjective} {noun}", f"{noun} and {other}",
             f"{name}'s {noun}", f"{name} and the {adjective} {noun}", f"The {noun} of {name} {other}")  # fmt: skip
    return rng.choices(forms, (1, 2, 3, 3, 1, 1.5, 1, 0.5))[0]
