import pytest

from genreclf.data.health.languages import ENGLISH, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A young sailor returns to the island where his father was lost, and finds a letter from him.", "English"),
        ("Der Kommissar sucht mit seiner Tochter den Mörder, der sich in einer Hütte im Wald versteckt.", "German"),
        ("Une jeune femme quitte la ville pour retrouver son père, qui vit dans un phare.", "French"),
        ("Una maestra vuelve al pueblo de su madre y descubre que la casa es de los vecinos.", "Spanish"),
        ("Un pescatore di Napoli sogna che il mare gli porta via la casa e la figlia.", "Italian"),
        ("Het meisje vindt een brief op het strand en gaat naar de stad om haar vader te zoeken.", "Dutch"),
        ("一个年轻的水手回到了他父亲失踪的小岛。", "Chinese"),
        ("若い船乗りが、父が消えた島に帰ってくる。", "Japanese"),
        ("젊은 선원이 아버지가 사라진 섬으로 돌아온다.", "Korean"),
        ("Молодой моряк возвращается на остров, где пропал его отец.", "Cyrillic script"),
        ("Lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt labore magna "
         "aliqua enim minim veniam quis nostrud", "another language"),
    ],
)  # fmt: skip
def test_the_language_is_told_by_script_and_common_words(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "", "Der Himmel.", "Amélie works in a café in Paris, where the 東京 Hotel is, until a stranger finds her.",
        "Die hard. Die harder. Two cops en route.", "Explosions, car chases, gunfights, robots, sharks.", "1984!",
        "Los Angeles, 1941: a detective named de la Cruz looks for the man who has killed his partner.",
    ],
)  # fmt: skip
def test_short_texts_and_foreign_names_are_taken_for_english(text):
    assert language_of(text) == ENGLISH
