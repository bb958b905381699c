"""The best poster model: EfficientNet-Lite0, its upper blocks fine-tuned, beside a frozen Lite2.

    genreclf train poster --data DIR

reaches a test BCE of .190 and top-1 of .768 on 5,689 real films (``cnn``: .214 and .678) in 36 minutes on two processor
cores, about four minutes per epoch. It needs a trained ``overview`` as its teacher.
"""

from genreclf.recipes.settings import Recipe

TUNED = Recipe(
    epochs=8, batch_size=32, learning_rate=2e-4, schedule="cosine", warmup_epochs=0.5, weight_decay=0.02, clip_norm=1.0,
    patience=4, base_rate_bias=True, augment=True, mixup=0.2, teacher="overview", teacher_epoch=2,
    model_options={"frozen_blocks": 8, "head_dropout": 0.4},
)  # fmt: skip
