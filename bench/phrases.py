"""Invent what people of an agency and its clients write, in Russian and in English.

Sentences are frames with slots, filled with words, names and numbers; names are built of
syllables, so that a reader meets words that it has never seen, as in real mail.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrases:
    """The words of one language."""

    greetings: tuple[str, ...]
    client_says: tuple[str, ...]
    we_say: tuple[str, ...]
    anybody_says: tuple[str, ...]
    slots: dict[str, tuple[str, ...]]
    subjects: tuple[str, ...]
    closings: tuple[str, ...]
    positions: tuple[str, ...]
    first_names: tuple[str, ...]
    syllables: tuple[str, ...]
    wrote_frame: str

    def sentence(self, source: random.Random, frames: tuple[str, ...]) -> str:
        """Return one frame with its slots filled."""
        filled = source.choice(frames)
        for name, words in self.slots.items():
            while "{" + name + "}" in filled:
                filled = filled.replace("{" + name + "}", source.choice(words), 1)
        while "{name}" in filled:
            filled = filled.replace("{name}", self.invented(source), 1)
        while "{number}" in filled:
            filled = filled.replace("{number}", str(source.randrange(2, 9000)), 1)
        return filled

    def paragraph(self, source: random.Random, sentences: int, ours: bool | None = None) -> str:
        """Return some sentences in a row."""
        special = self.we_say if ours else self.client_says
        frames = self.anybody_says if ours is None else (*special, *self.anybody_says)
        return " ".join(self.sentence(source, frames) for _ in range(sentences))

    def letter(self, source: random.Random, reader: str, *, ours: bool) -> str:
        """Return the words of a letter, from one line to a page."""
        greeting = source.choice(self.greetings).format(reader.split(maxsplit=1)[0])
        count = 1 + min(9, int(source.expovariate(1 / 1.6)))
        body = [self.paragraph(source, source.randrange(1, 6), ours) for _ in range(count)]
        return "\n\n".join([greeting, *body])

    def invented(self, source: random.Random) -> str:
        """Return a proper name that stands in no dictionary."""
        parts = (source.choice(self.syllables) for _ in range(source.randrange(2, 4)))
        return "".join(parts).capitalize()

    def person(self, source: random.Random) -> str:
        """Return first and last name."""
        return f"{source.choice(self.first_names)} {self.invented(source)}"

    def subject(self, source: random.Random) -> str:
        """Return a subject line."""
        return self.sentence(source, self.subjects)

    def closing(self, source: random.Random) -> str:
        """Return the words above a signature."""
        return source.choice(self.closings)

    def position(self, source: random.Random) -> str:
        """Return a job title with a company."""
        return f"{source.choice(self.positions)}, {self.invented(source)}"

    def wrote(self, at: datetime, name: str, address: str) -> str:
        """Return the line above a quotation."""
        return self.wrote_frame.format(at=at, name=name, address=address)

    def latin(self, name: str) -> str:
        """Return a name as the local part of an address."""
        letters = "abcdefghijklmnopqrstuvwxyz"
        return "".join(letters[ord(c) % 26] for c in name.rsplit(maxsplit=1)[-1].lower())


RUSSIAN: Final = Phrases(
    greetings=("{}, добрый день!", "Здравствуйте, {}!", "{}, приветствую.", "Коллеги, привет!"),
    client_says=(
        "Подскажите, пожалуйста, когда будет готова {thing} для {name}?",
        "Просьба прислать {doc} за {month}, бухгалтерия ждёт.",
        "На сайте {name} перестала работать {thing}, вчера всё открывалось.",
        "Сколько будет стоить {thing} на {number} страниц?",
        "Почему в отчёте за {month} на {number} показов меньше, чем в кабинете?",
        "Можете поменять {thing} на главной до {weekday}?",
        "Второй раз пишу про {thing}, ответа так и нет.",
        "Прикладываю {doc} с правками, посмотрите раздел про {name}.",
        "Спасибо, {thing} приняли, вопросов нет.",
        "Бюджет на {month} увеличиваем до {number} тыс. руб., учтите в плане.",
    ),
    we_say=(
        "Приняли в работу, вернёмся с ответом до {weekday}.",
        "Во вложении {doc} за {month}, проверьте, пожалуйста, сумму {number} руб.",
        "По {name} сделали так: {thing} перенесли, старую версию убрали.",
        "Сегодня до 18:00 пришлём {doc}.",
        "Уточните, пожалуйста, какая {thing} имеется в виду?",
        "Разработчик {name} уже смотрит, почему не грузится {thing}.",
        "Оценка: {number} часов, из них {number} на проверку.",
        "Передали вопрос коллегам из отдела {name}, как только ответят, напишем.",
    ),
    anybody_says=(
        "Напоминаю, что с {name} мы договорились в {month}.",
        "Как обсуждали по телефону, {thing} остаётся прежней, а {doc} обновляем.",
        "У нас {weekday} короткий день, поэтому лучше созвониться утром.",
        "Ссылка на папку та же: https://files.example/{number}/{name}.",
        "Если коротко: трафик вырос на {number} процентов, а заявки по {name} упали.",
        "Для {name} это не критично, но выглядит неаккуратно.",
        "В таблице {number} строк, последние добавили вчера вечером.",
        "В прошлый раз {doc} согласовывали почти две недели, хочется быстрее.",
        "Новая {thing} лежит в том же каталоге, пароль прежний.",
        "По договору №{number} от 14.03 всё остаётся в силе.",
    ),
    slots={
        "thing": (
            "форма заявки", "рассылка", "посадочная страница", "карточка товара", "реклама",
            "статистика", "интеграция с CRM", "оплата", "корзина", "галерея", "подборка ключей",
            "вёрстка", "мобильная версия", "настройка целей", "смета", "выгрузка",
        ),
        "doc": ("счёт", "акт", "отчёт", "договор", "медиаплан", "бриф", "макет", "список правок"),
        "month": ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август"),
        "weekday": ("понедельника", "среды", "четверга", "пятницы", "конца недели"),
    },
    subjects=("{thing}: вопрос", "{doc} за {month}", "{name} / {thing}", "Правки по {name}"),
    closings=("С уважением,", "--", "Спасибо,", "Всего доброго,"),
    positions=("менеджер проектов", "директор по маркетингу", "бухгалтер", "руководитель отдела"),
    first_names=("Анна", "Пётр", "Ольга", "Игорь", "Мария", "Семён", "Дарья", "Тимур"),
    syllables=("ва", "кор", "лен", "ми", "тор", "зав", "ри", "ск", "он", "пар", "ше", "гу", "до"),
    wrote_frame="{at:%d.%m.%Y %H:%M}, {name} <{address}> пишет:",
)  # fmt: skip

ENGLISH: Final = Phrases(
    greetings=("Hi {},", "Hello {},", "Dear {},", "Good morning {},"),
    client_says=(
        "Could you tell me when the {thing} for {name} goes live?",
        "Please send the {doc} for {month}, our accountant is waiting.",
        "The {thing} on {name} stopped working this morning.",
        "What would a {thing} with {number} pages cost?",
        "Why does the {month} report show {number} fewer clicks than the dashboard?",
        "Can you change the {thing} on the home page before {weekday}?",
        "I am asking about the {thing} for the second time now.",
        "Attached is the {doc} with our comments, see the part on {name}.",
        "Thanks, the {thing} looks good, nothing else from our side.",
        "We raise the {month} budget to {number} EUR, please plan accordingly.",
    ),
    we_say=(
        "We have started and will come back to you by {weekday}.",
        "Please find the {doc} for {month} attached, the total is {number} EUR.",
        "On {name} we moved the {thing} and removed the old version.",
        "You will have the {doc} by 6 pm today.",
        "Which {thing} do you mean exactly?",
        "Our developer {name} is looking into why the {thing} does not load.",
        "Our estimate is {number} hours, {number} of them for testing.",
        "I passed your question on to the {name} team and will write once they reply.",
    ),
    anybody_says=(
        "As agreed with {name} in {month}, nothing changes for the {thing}.",
        "We talked on the phone about keeping the {thing} and renewing the {doc}.",
        "Our office closes early on {weekday}, so a call in the morning is better.",
        "The folder is the same: https://files.example/{number}/{name}.",
        "In short, traffic went up {number} percent while leads for {name} fell.",
        "It is not critical for {name}, it just looks untidy.",
        "The sheet has {number} rows, the last ones were added yesterday evening.",
        "Last time the {doc} took almost two weeks to get approved.",
        "The new {thing} lies in the same directory with the old password.",
        "Contract no. {number} of 14 March stays in force.",
    ),
    slots={
        "thing": (
            "contact form", "newsletter", "landing page", "product card", "campaign", "checkout",
            "statistics page", "CRM integration", "payment step", "gallery", "keyword list",
            "mobile layout", "goal setup", "estimate", "export", "banner",
        ),
        "doc": ("invoice", "act", "report", "contract", "media plan", "brief", "layout", "list"),
        "month": ("January", "February", "March", "April", "May", "June", "July", "August"),
        "weekday": ("Monday", "Wednesday", "Thursday", "Friday", "the end of the week"),
    },
    subjects=("{thing}: a question", "{doc} for {month}", "{name} / {thing}", "Changes on {name}"),
    closings=("Best regards,", "--", "Thanks,", "Kind regards,"),
    positions=("Project manager", "Head of marketing", "Accountant", "Team lead"),
    first_names=("Anna", "Peter", "Olga", "Ian", "Mary", "Simon", "Dora", "Tim"),
    syllables=("va", "cor", "len", "mi", "tor", "zav", "ri", "sk", "on", "par", "she", "gu", "do"),
    wrote_frame="On {at:%a, %d %b %Y at %H:%M}, {name} <{address}> wrote:",
)  # fmt: skip

PHRASES: Final = (RUSSIAN, ENGLISH)
