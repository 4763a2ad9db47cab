"""Ten thousand frames of nonsense: each is answered, or is itself an answer; none raises."""

import json
from random import Random
from time import thread_time

from csms.ocppj import guard
from csms.ocppj.peer import CallReceived, FrameRefused, Peer, UnexpectedAnswer

COUNT = 10_000
BOOT = {"chargingStation": {"model": "m", "vendorName": "v"}, "reason": "PowerUp"}
ODD_TEXTS = ("", "x" * 40, "x" * 6000, "\x00", "\ud800", '"', "\\", "{[", "ü", "😀", "NaN")
ODD_NUMBERS = (0, -1, 2, 3, 4, 5, 6, 1e308, 10**30, 10**400, 0.1)
MARKS = '[]{}",:\\0123456789eE+-.ntf \x00\x7f'


def value(random: Random, depth: int = 0) -> object:
    """A JSON value with a taste for the extreme."""
    shape = random.randrange(8 if depth < 5 else 4)
    if shape < 2:
        return random.choice(ODD_TEXTS)
    if shape < 4:
        return random.choice((None, True, *ODD_NUMBERS))
    if shape < 6:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    return {str(random.choice(ODD_TEXTS)): value(random, depth + 1) for _ in range(3)}


def message(random: Random) -> str:
    """Something like a message, with each element likely to be wrong."""
    kind = random.choice((2, 2, 2, 3, 4, 5, 6, -7, "2", 2.0, None, True, [], 10**40))
    message_id = random.choice(("id", "id", "id", "", "x" * 36, "x" * 37, 7, None, {}, "ü\ud800"))
    action = random.choice(("BootNotification", "BootNotification", "No", "", 5, None, ["a"]))
    payload = random.choice((BOOT, {}, value(random)))
    return json.dumps([kind, message_id, action, payload, *([0] * random.choice((0, 0, 0, 1)))])


def frame(random: Random) -> str | bytes:
    """One bad (or by luck good) frame."""
    shape = random.randrange(10)
    if shape == 0:
        return random.randbytes(random.randrange(80))
    if shape == 1:
        return random.choice('[{"') * random.choice((1, 33, 5_000))
    if shape == 2:
        return '[2,"id","X",' + random.choice(("NaN", "1e999", "9" * 5000, '{"a":1,"a":2}')) + "]"
    text = list(message(random))
    for _ in range(random.choice((0, 1, 1, 2, 5))):
        where = random.randrange(len(text))
        text[where : where + random.randrange(3)] = random.choice(MARKS)
    return "".join(text)


def test_nonsense_is_answered_and_never_raises() -> None:
    random = Random(20260301)
    peer = Peer()
    outcomes: dict[str, int] = {}
    slowest_cpu_s = 0.0
    for _ in range(COUNT):
        bad = frame(random)
        began_cpu_s = thread_time()
        event = peer.receive(bad, 0.0)
        slowest_cpu_s = max(slowest_cpu_s, thread_time() - began_cpu_s)
        answers = peer.frames_to_send()
        outcomes[type(event).__name__] = outcomes.get(type(event).__name__, 0) + 1
        if isinstance(event, FrameRefused):
            (answer,) = answers
            assert len(answer) <= 1024
            kind, message_id, code, _, details = json.loads(answer)
            assert (kind, message_id, code, details) == (4, event.message_id, event.code, {})
        else:
            assert isinstance(event, CallReceived | UnexpectedAnswer)
            assert answers == []
        if isinstance(event, CallReceived):
            assert isinstance(json.loads(event.payload), dict)
    assert outcomes["FrameRefused"] > COUNT / 2
    assert min(outcomes["CallReceived"], outcomes["UnexpectedAnswer"]) > 50
    assert slowest_cpu_s < 0.25


def test_a_frame_made_to_be_slow_is_not() -> None:
    for bad in ('"' + '\\"' * 120_000, '[2,"a","X",{"a":"' + "\\\\" * 120_000, '"' * 250_000):
        began_cpu_s = thread_time()
        assert isinstance(Peer().receive(bad, 0.0), FrameRefused)
        assert thread_time() - began_cpu_s < 1.0


def test_what_a_quick_look_calls_clean_a_close_one_reads() -> None:
    random = Random(20261123)
    clean = 0
    for _ in range(COUNT):
        bad = frame(random)
        raw = bad if isinstance(bad, bytes) else bad.encode(errors="surrogatepass")
        if guard.is_clean(raw):
            guard.read(raw)  # raises FrameFault for what no frame may hold
            clean += 1
    assert COUNT // 20 < clean < COUNT // 2
    twice = b'[2,"a","X",{"at":"10:00","at":"10:00:00"}]'
    assert not guard.is_clean(twice)
    assert guard.is_clean(twice.replace(b'"at":"10:00",', b""))
