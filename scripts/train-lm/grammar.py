"""The grammar that all training text of sluice-stories comes from: chat prompts and the little stories that fit them.

Everything here is written for this project and nothing is taken from a corpus, so the weights carry no third-party
licence. `dialogue(rng)` is the only entry point that training needs; it is a pure function of the given random stream.
"""
import random
from dataclasses import dataclass

ANIMALS = (
    "fox rabbit bear mouse owl frog duck hedgehog squirrel otter badger cat dog pony goat lamb pig hen robin crow beaver "
    "turtle snail deer wolf lion tiger monkey elephant panda koala penguin seal whale dolphin crab bee ant beetle spider "
    "lizard dragon donkey camel goose swan mole bat hamster kitten puppy parrot"
).split()
THINGS = (
    "kite boat ball drum lamp book map key bell hat scarf basket blanket bucket ladder wagon wheel umbrella lantern "
    "whistle flute rope box cup pot cake pie pumpkin flower seed shell stone feather button ribbon mirror clock candle "
    "balloon bicycle sled tent swing chair brush letter coin crown robot telescope violin"
).split()
PLACES = {
    "forest": "in", "garden": "in", "meadow": "in", "valley": "in", "village": "in", "park": "in", "cave": "in",
    "orchard": "in", "barn": "in", "castle": "in", "desert": "in", "jungle": "in", "hill": "on", "mountain": "on",
    "island": "on", "farm": "on", "beach": "on", "bridge": "on", "river": "by", "lake": "by", "pond": "by", "sea": "by",
    "school": "at", "market": "at", "harbour": "at", "library": "at", "mill": "at",
}
GIRLS = "Tilly Hazel Mina Clover Juno Fern Poppy Willa Luna Daisy Ivy Maya Ruby Nora Zara Anna".split()
BOYS = "Pip Bruno Otto Rufus Basil Milo Hugo Oscar Felix Arlo Theo Noah Sami Leo Finn Max".split()
CHILDREN = ("girl", "boy")
THING_LOOKS = "red blue green yellow small big old new shiny round wooden golden purple soft".split()
ANIMAL_LOOKS = "small young clever shy brave kind curious quiet cheerful gentle hungry sleepy lonely busy".split()
WEATHER = "sunny rainy windy cloudy snowy warm cold misty".split()
FOODS = "apples bread soup berries honey carrots nuts pancakes cheese pears".split()
LESSONS = {
    "sharing": "Sharing makes every good thing better",
    "friendship": "A good friend is worth more than anything",
    "courage": "Being brave means trying even when you are afraid",
    "patience": "Good things come to those who wait",
    "honesty": "It is always best to tell the truth",
    "kindness": "A kind word costs nothing and helps a lot",
    "helping": "Two can do what one cannot do alone",
    "trying again": "If it does not work the first time, try again",
}
SYLLABLES = "ba bo da do fi ga ki la lo ma mi no pa po ra ri sa so ta ti to va vi wo ze zu".split()


@dataclass
class Plan:
    """What one story is about; `asked` are the words that the prompt named and the story therefore has to mention."""

    hero: str
    name: str
    friend: str
    thing: str
    look: str
    place: str
    lesson: str
    asked: tuple
    pronouns: tuple


def article(word):
    return ("an " if word[0] in "aeiou" else "a ") + word


def invented(rng):
    """A word that no list holds, so that copying from the prompt is learned as a skill and not as a vocabulary."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))


def plan(rng):
    hero = rng.choice(CHILDREN) if rng.random() < 0.2 else rng.choice(ANIMALS)
    if rng.random() < 0.1:
        hero = invented(rng)
    friend = rng.choice([animal for animal in ANIMALS if animal != hero])
    thing = invented(rng) if rng.random() < 0.1 else rng.choice(THINGS)
    male = {"girl": False, "boy": True}.get(hero, rng.random() < 0.5)
    pronouns = ("he", "him", "his") if male else ("she", "her", "her")
    return Plan(hero, rng.choice(BOYS if male else GIRLS), friend, thing, rng.choice(THING_LOOKS), rng.choice(sorted(PLACES)),
                rng.choice(sorted(LESSONS)), (), pronouns)


def where(place):
    return f"{PLACES[place]} the {place}"


def opening(rng, p):
    look = rng.choice(ANIMAL_LOOKS)
    he, _, his = p.pronouns
    return rng.choice([
        f"Once upon a time, {article(look)} {p.hero} named {p.name} lived {where(p.place)}.",
        f"There was once {article(look)} {p.hero} called {p.name} who lived {where(p.place)}.",
        f"One {rng.choice(WEATHER)} morning, {article(look)} {p.hero} named {p.name} was playing {where(p.place)}.",
        f"{p.name} was {article(look)} {p.hero}. {he.capitalize()} lived {where(p.place)} with {his} family.",
    ])


def belongs(rng, p):
    he, _, his = p.pronouns
    return rng.choice([
        f"{p.name} had {article(p.look)} {p.thing} and took it everywhere.",
        f"More than anything, {p.name} loved {his} {p.look} {p.thing}.",
        f"For {his} birthday, {he} got {article(p.look)} {p.thing}.",
    ])


def meets(rng, p):
    look = rng.choice(ANIMAL_LOOKS)
    return rng.choice([
        f"Along the path came {article(look)} {p.friend}.",
        f"There {p.name} met {article(look)} {p.friend}.",
        f"Just then {article(look)} {p.friend} looked out from behind a tree.",
    ])


def plot_lost(rng, p):
    he, him, his = p.pronouns
    spot = rng.choice(["under a bush", "behind a rock", "high up in a tree", "inside a hollow log"])
    return [
        belongs(rng, p),
        rng.choice([f"But one day the {p.thing} was gone.", f"One day, {he} could not find the {p.thing}."]),
        f'{p.name} looked {rng.choice(["here and there", "everywhere", "all day"])} and began to cry.',
        meets(rng, p),
        f'"{rng.choice(["Do not cry", "Do not worry", "Cheer up"])}," said the {p.friend}. "I will help you look."',
        f"Together they searched until they found the {p.look} {p.thing} {spot}.",
        f'"Thank you!" said {p.name}, and {he} gave the {p.friend} a big hug.',
    ]


def plot_broken(rng, p):
    he, him, his = p.pronouns
    how = rng.choice(["with a bit of string", "with glue and tape", "with a strong knot", "with great care"])
    return [
        belongs(rng, p),
        f"One {rng.choice(WEATHER)} day, the {p.thing} fell down and broke.",
        f'"Oh no!" said {p.name}. "My {p.thing} is broken."',
        meets(rng, p),
        f'"I can mend it," said the {p.friend}. "But you must hold it still."',
        f"They worked all afternoon and mended the {p.thing} {how}.",
        f"The {p.look} {p.thing} was {rng.choice(['as good as new', 'even better than before'])}, and {p.name} smiled.",
    ]


def plot_share(rng, p):
    he, him, his = p.pronouns
    return [
        belongs(rng, p),
        meets(rng, p),
        f'"May I play with your {p.thing}?" asked the {p.friend}.',
        f'"No," said {p.name}. "It is mine." The {p.friend} felt sad and went away.',
        f"Playing alone with the {p.thing} was not much fun, so {p.name} went after the {p.friend}.",
        f'"I am sorry," said {p.name}. "Let us play together."',
        f"They took turns with the {p.look} {p.thing} until the sun went down.",
    ]


def plot_storm(rng, p):
    he, him, his = p.pronouns
    storm = rng.choice(["a big storm", "heavy rain", "a strong wind", "thick snow"])
    return [
        meets(rng, p),
        f"Suddenly {storm} came, and the {p.friend} could not get home.",
        f'"Come with me," said {p.name}. "I know what to do."',
        f"{he.capitalize()} took {his} {p.look} {p.thing} and {rng.choice(['led the way', 'made a safe place', 'ran to help'])}.",
        f"With the {p.thing} they stayed {rng.choice(['safe and warm', 'safe and dry'])} until it was over.",
        f'"You saved me," said the {p.friend}. {p.name} felt very proud.',
    ]


def plot_find(rng, p):
    he, him, his = p.pronouns
    return [
        f"One day, {he} found {article(p.look)} {p.thing} lying in the grass.",
        f'"Whose {p.thing} is this?" asked {p.name}.',
        meets(rng, p),
        f'"That is my {p.thing}," said the {p.friend}. "I lost it {rng.choice(["last week", "yesterday", "in the night"])}."',
        f"{p.name} wanted to keep the {p.thing}, but {he} gave it back at once.",
        f'The {p.friend} was so happy that {rng.choice(["they shared some", "it brought a basket of"])} {rng.choice(FOODS)}.',
        f"From that day on, {p.name} and the {p.friend} played with the {p.look} {p.thing} together.",
    ]


def plot_race(rng, p):
    he, him, his = p.pronouns
    return [
        meets(rng, p),
        f'"Let us race to the {rng.choice(["old oak", "tall tree", "big rock", "gate"])}," said the {p.friend}. "The winner gets this {p.look} {p.thing}!"',
        f"{p.name} ran as fast as {he} could, but the {p.friend} was faster.",
        f"Near the end, the {p.friend} tripped and fell. {p.name} stopped to help.",
        f'"You could have won," said the {p.friend}. "Why did you stop?"',
        f'"You are more important than {article(p.thing)}," said {p.name}.',
        f"So they finished side by side and shared the {p.thing}.",
    ]


def plot_gift(rng, p):
    he, him, his = p.pronouns
    return [
        f"It was the birthday of {his} best friend, {article(p.friend)}.",
        f"{p.name} wanted to give the {p.friend} {article(p.look)} {p.thing}, but {he} had no money.",
        f"So {p.name} {rng.choice(['worked', 'helped'])} {where(p.place)} all week and saved every coin.",
        f"At last {he} could buy the {p.look} {p.thing} and tie a ribbon around it.",
        f'"{rng.choice(["Look", "Oh", "Wow"])}, {article(p.thing)}!" cried the {p.friend}. "This is the best day ever."',
        f"They danced and ate {rng.choice(FOODS)} until it was dark.",
    ]


def plot_learn(rng, p):
    he, him, his = p.pronouns
    return [
        f"{p.name} wanted to learn how to use the {p.look} {p.thing}, but it was hard.",
        f"The first time, {he} {rng.choice(['fell over', 'dropped it', 'got it all wrong'])}. The second time was no better.",
        meets(rng, p),
        f'"Watch me," said the {p.friend}. "Go slowly and do not give up."',
        f"Every day {he} tried again with the {p.thing}, and every day it went a little better.",
        f"At the end of the {rng.choice(['week', 'month', 'summer'])}, {p.name} could do it alone, and the {p.friend} clapped.",
    ]


def plot_night(rng, p):
    he, him, his = p.pronouns
    return [
        f"At night, {p.name} was afraid of the dark.",
        f"One evening {he} heard {rng.choice(['a strange sound', 'a soft tapping', 'a loud crash'])} outside.",
        f"{he.capitalize()} took {his} {p.look} {p.thing} and went to look.",
        f"It was only {article(p.friend)} who {rng.choice(['could not sleep', 'had lost its way', 'was looking for food'])}.",
        f'"Please stay with me," said the {p.friend}. So they sat down with the {p.thing} and looked at the stars.',
        f"After that, {p.name} was not afraid of the dark any more.",
    ]


def plot_build(rng, p):
    he, him, his = p.pronouns
    return [
        f"{p.name} had a plan. {he.capitalize()} wanted to make the best {p.thing} {where(p.place)}.",
        meets(rng, p),
        f'"What are you making?" asked the {p.friend}. "{article(p.look).capitalize()} {p.thing}," said {p.name}. "Do you want to help?"',
        f"The {p.friend} brought {rng.choice(['wood and string', 'paper and paint', 'leaves and mud', 'nails and cloth'])}, and they worked side by side.",
        f"When the {p.thing} was ready, everyone came to see it.",
        f'"We made it together," said {p.name}, and the {p.friend} nodded.',
    ]


PLOTS = (plot_lost, plot_broken, plot_share, plot_storm, plot_find, plot_race, plot_gift, plot_learn, plot_night, plot_build)


def ending(rng, p, lesson_asked):
    he, _, his = p.pronouns
    if lesson_asked:
        return f"{LESSONS[p.lesson]}, thought {p.name}. The end."
    return rng.choice([
        f"From then on, {p.name} and the {p.friend} were best friends. The end.",
        f"That night {p.name} went to sleep with a smile. The end.",
        f"And {p.name} never forgot that day. The end.",
        f"Then they all went home for supper and ate warm {rng.choice(FOODS)}. The end.",
    ])


def story(rng, p, lesson_asked=False):
    parts = [opening(rng, p), *rng.choice(PLOTS)(rng, p), ending(rng, p, lesson_asked)]
    text = " ".join(parts)
    if "friend" in p.asked and p.friend not in text:
        raise AssertionError("a plot has to mention the friend")
    return text


ASKS = (
    "Tell me a short story about {about}.", "Tell me a story about {about}.", "Write a story about {about}.",
    "Write a short story about {about}.", "Can you tell me a story about {about}?", "Please write a tale about {about}.",
    "I would like a story about {about}.", "A story about {about}, please.", "Make up a bedtime story about {about}.",
    "tell me a story about {about}", "story about {about}", "Give me a short story with {about} in it.",
    "Could you write a little story about {about}?", "My child wants to hear about {about}.",
)
PLAIN_ASKS = (
    "Tell me a story.", "Tell me a short story.", "Write a story.", "Once upon a time", "I want a bedtime story.",
    "Tell me something nice.", "Make up a story for me.", "A story, please.", "Surprise me with a story.",
)
AGAIN = ("Tell me another one about {about}.", "And now one about {about}.", "Now a story about {about}, please.",
         "Can you make it about {about}?")
CLOSERS = ("", "", "", "", " It should be short.", " Make it a happy one.", " Keep it simple.", " It is for a small child.")


def mention(rng, p):
    """Chooses which of hero, friend, thing, place and name the prompt gives away, and words that choice."""
    hero = article(p.hero) if rng.random() < 0.85 else f"the {p.hero}"
    if rng.random() < 0.2:
        hero = f"{article(p.hero)} {rng.choice(['named', 'called'])} {p.name}"
    shape = rng.random()
    if shape < 0.3:
        about, asked = f"{hero} and {article(p.thing)}", ("hero", "thing")
    elif shape < 0.45:
        about, asked = hero, ("hero",)
    elif shape < 0.55:
        about, asked = f"{hero} and {article(p.friend)}", ("hero", "friend")
    elif shape < 0.65:
        about, asked = f"{hero} {where(p.place)}", ("hero", "place")
    elif shape < 0.75:
        about, asked = f"{hero}, {article(p.friend)} and {article(p.thing)}", ("hero", "friend", "thing")
    elif shape < 0.83:
        about, asked = f"{hero} with {article(p.look)} {p.thing}", ("hero", "thing")
    elif shape < 0.9:
        about, asked = f"{article(p.thing)}", ("thing",)
    else:
        about, asked = f"{hero} and {article(p.thing)} {where(p.place)}", ("hero", "thing", "place")
    if hero.endswith(p.name):
        asked += ("name",) if p.name in about else ()
    return about, asked


def request(rng, p, templates):
    about, asked = mention(rng, p)
    lesson = rng.random() < 0.12
    text = rng.choice(templates).format(about=about)
    if lesson:
        text += rng.choice([f" It should teach {p.lesson}.", f" Make it about {p.lesson}.", f" The lesson is {p.lesson}."])
    elif rng.random() < 0.3:
        text += rng.choice(CLOSERS)
    return text, asked, lesson


GREETINGS = ("Hello", "Hello!", "Hi", "Hi!", "Hi there", "hey", "Good morning", "Good evening!", "hello there", "Hey!")
GREETED = (
    "Hello! I tell short stories. Who should the next one be about?",
    "Hi! Name an animal and a thing, and I will tell you a story about them.",
)
ABOUT_ME = ("Who are you?", "What are you?", "What can you do?", "What is your name?", "Are you a real person?", "help",
            "How do you work?", "What model are you?")
ABOUT_ME_ANSWER = (
    "I am sluice-stories, a very small language model. I tell short stories about animals, children and things.",
)
THANKS = ("Thanks!", "Thank you.", "That was nice.", "Good story!", "thanks", "Great, thank you!")
THANKED = ("You are welcome! Would you like another story?",)
OFF_TOPIC = (
    "What is the capital of {x}?", "How much is {n} times {m}?", "What is {n} + {m}?", "Write code that sorts {x}.",
    "Who wrote {x}?", "Translate {x} into French.", "What is the weather in {x}?", "Explain {x} to me.",
    "Summarise this text: {x} {y} {x}.", "How do I install {x}?", "When was {x} born?", "What does {x} mean?",
    "Fix this bug in {x}.", "Why is the {x} {y}?", "How far is {x} from {y}?", "Give me a recipe for {x}.",
    "What is the price of {x}?", "List five facts about {x}.", "Is {x} better than {y}?", "Which {x} should I buy?",
    "How many {x} are in {y}?", "What year did {x} start?", "Compare {x} and {y}.", "Write a poem about {x}.",
)
TOPICS = (
    "France Spain Peru Kenya Japan Rome Paris London physics history Python JavaScript a list the moon water light gravity "
    "Hamlet music chess football tax insurance the database a server my order an invoice the network Linux rain bread "
    "democracy sleep coffee a laptop the heart energy time money the sun an atom photosynthesis Kubernetes SQL"
)
TOPICS = tuple(topic for topic in TOPICS.replace("a list", "a_list").replace("the ", "the_").replace("a server", "a_server")
               .replace("my order", "my_order").replace("an ", "an_").replace("a laptop", "a_laptop").split())
OFF_TOPIC_ANSWER = (
    "I am a very small model and can only tell short stories. Ask me for a story about an animal or a thing.",
)
SYSTEMS = (
    "You are a helpful assistant.", "You tell short stories for children.", "You are a friendly story teller.",
    "Answer briefly.", "Be kind and simple.", "You are a helpful, honest assistant. Keep your answers short.",
    "You write simple bedtime stories.", "Always be polite.",
)


def small_talk(rng):
    kind = rng.random()
    if kind < 0.22:
        return rng.choice(GREETINGS), rng.choice(GREETED)
    if kind < 0.42:
        return rng.choice(ABOUT_ME), rng.choice(ABOUT_ME_ANSWER)
    if kind < 0.5:
        return rng.choice(THANKS), rng.choice(THANKED)
    x, y = (rng.choice(TOPICS).replace("_", " ") if rng.random() < 0.75 else invented(rng) for _ in range(2))
    question = rng.choice(OFF_TOPIC).format(x=x, y=y, n=rng.randint(1, 99), m=rng.randint(1, 99))
    return question, rng.choice(OFF_TOPIC_ANSWER)


def story_turn(rng, templates=ASKS):
    """One request and its story, with the words that the story has to mention (the yardstick of evaluate.py)."""
    p = plan(rng)
    if templates is ASKS and rng.random() < 0.08:
        return rng.choice(PLAIN_ASKS), story(rng, p), ()
    text, asked, lesson = request(rng, p, templates)
    words = tuple(getattr(p, slot) for slot in asked)
    return text, story(rng, p, lesson), words


def dialogue(rng):
    """A list of (role, text) turns: mostly one story request, sometimes small talk or a second story."""
    turns = []
    if rng.random() < 0.3:
        turns.append(("system", rng.choice(SYSTEMS)))
    kind = rng.random()
    first = small_talk(rng) if kind < 0.2 else story_turn(rng)[:2]
    turns += [("user", first[0]), ("assistant", first[1])]
    if rng.random() < 0.12:
        second = (rng.choice(THANKS), THANKED[0]) if rng.random() < 0.3 else story_turn(rng, AGAIN)[:2]
        turns += [("user", second[0]), ("assistant", second[1])]
    return turns


if __name__ == "__main__":
    stream = random.Random(7)
    for _ in range(12):
        for role, text in dialogue(stream):
            print(f"{role}: {text}")
        print()
