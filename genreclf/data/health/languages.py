"""The language of a text, by its script and its commonest words: a light heuristic for overviews."""

import unicodedata
from collections import Counter

from genreclf.data.overviews import split_words

MIN_WORDS = 6  # different ones; with fewer, the words say nothing about the language
MIN_FOREIGN = 3  # common words of another language, and more than of English
SURE = 6  # common English words, which no text of another language has
MIN_UNKNOWN = 15  # different words: English texts of so many have one of the common ones
ENGLISH = "English"
COMMON_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        ENGLISH: "the and of to his her with who is for that from when by an their as he she they on into it has after "
        "but at be are must its him them find finds this in a two will while where what one out up about",
        "German": "der die das und ein eine einen ist von den mit dem sich auf nicht im zu einer wird seine ihre als "
        "er sie des aus bei nach wenn",
        "French": "le la les et de des un une est dans du qui en pour son sa ses que au aux il elle sur par avec pas",
        "Spanish": "el la los las y de que un una en es con su sus por del se para al lo como pero más",
        "Italian": "il lo la gli di che e un una è per con del della nel nella si da suo sua sono dei alla",
        "Portuguese": "o os e de que um uma em da com para na não se seu sua por dos das ao mas é",
        "Dutch": "de het een en van dat op te zijn met voor niet die hij aan er maar om wordt haar naar",
        "Swedish": "och att det en som på är av för med den till inte han ett om sin hans från",
        "Danish or Norwegian": "og at det en som på er af av for med den til ikke han et om sin hans fra",
        "Polish": "w i na z się nie jest to że po o jego dla który do jej ze przez",
        "Turkish": "bir ve bu için ile da de olan kendi çok daha ama onun",
    }.items()
}
_SCRIPTS = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}


def language_of(text: str) -> str:
    """The language of a text: English unless its script or its common words are clearly others.

    >>> language_of("Der Kommissar und seine Tochter suchen den Mörder."), language_of("Er liebt sie.")
    ('German', 'English')
    """
    if not text.isascii() and (script := _foreign_script(text)):
        return script
    words = set(split_words(text))
    if len(words) < MIN_WORDS:
        return ENGLISH
    if len(words & COMMON_WORDS[ENGLISH]) >= SURE:
        return ENGLISH
    found = {language: len(words & common) for language, common in COMMON_WORDS.items()}
    best = max(found, key=found.__getitem__)
    if found[best] > found[ENGLISH] and found[best] >= MIN_FOREIGN:
        return best
    return "another language" if not found[ENGLISH] and len(words) >= MIN_UNKNOWN else ENGLISH


def _foreign_script(text: str) -> str:
    """The language or script of most letters, or "" if it is the Latin one."""
    letters = [each for each in text if each.isalpha()]
    if not letters or 2 * sum(each > "\u024f" for each in letters) <= len(letters):
        return ""
    scripts = Counter(unicodedata.name(each, "unknown").split()[0] for each in letters if each > "\u024f")
    japanese = scripts["HIRAGANA"] + scripts["KATAKANA"]
    script = "HIRAGANA" if japanese else scripts.most_common(1)[0][0]
    return _SCRIPTS.get(script, "" if script == "LATIN" else f"{script.title()} script")
