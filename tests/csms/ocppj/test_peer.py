"""The peer: one call in flight, priorities, deadlines with the wait, and answers to bad frames."""

import json

import pytest

from csms.domain.commands import CommandPriority
from csms.ocppj.peer import (
    CallAnswered,
    CallError,
    CallFailed,
    CallReceived,
    ErrorCode,
    FrameRefused,
    Peer,
    ResultRefused,
    SendReceived,
    UnexpectedAnswer,
)

SAFETY, DISPATCH, OPERATOR, _, REPORT = CommandPriority


def sent(peer: Peer) -> list[list[object]]:
    return [json.loads(frame) for frame in peer.frames_to_send()]


def call(
    peer: Peer, message_id: str, priority: CommandPriority = OPERATOR, deadline_s: float = 100.0
) -> None:
    peer.call(message_id, "Reset", b"{}", priority=priority, deadline_s=deadline_s, now_s=0.0)


@pytest.mark.parametrize("text", ['[2,"7","Heartbeat",{}]', b' [2 , "7","Heartbeat", {} ]\n'])
def test_a_call_is_received_and_answered(text: str | bytes) -> None:
    peer = Peer()
    assert peer.receive(text, 0) == CallReceived("7", "Heartbeat", b"{}")
    peer.answer("7", b'{"currentTime":"2026-01-01T00:00:00Z"}')
    assert sent(peer) == [[3, "7", {"currentTime": "2026-01-01T00:00:00Z"}]]
    assert peer.frames_to_send() == []


def test_the_payload_is_the_stations_own_text() -> None:
    received = Peer().receive('[2,"7","Heartbeat",{"a" : 1.50}]', 0)
    assert received == CallReceived("7", "Heartbeat", b'{"a" : 1.50}')


def test_one_call_in_flight_then_by_priority_then_in_order() -> None:
    peer = Peer()
    for message_id, priority in [("a", REPORT), ("b", OPERATOR), ("c", SAFETY), ("d", OPERATOR)]:
        call(peer, message_id, priority)
    order = []
    for _ in range(4):
        ((_, message_id, *_),) = sent(peer)
        order.append(message_id)
        answer = peer.receive(json.dumps([3, message_id, {}]), 0)
        assert answer == CallAnswered(str(message_id), b"{}")
    assert order == ["a", "c", "b", "d"]


def test_the_stations_calls_do_not_wait_for_ours() -> None:
    peer = Peer()
    call(peer, "ours")
    assert isinstance(peer.receive('[2,"theirs","Heartbeat",{}]', 0), CallReceived)


def test_a_deadline_includes_the_wait() -> None:
    peer = Peer(answer_timeout_s=30)
    call(peer, "a")
    call(peer, "b", deadline_s=10)
    assert peer.deadline_s == 10
    assert peer.expire(9.9) == ()
    assert peer.expire(10) == (CallFailed("b", "Timeout", "not sent in time", sent=False),)
    assert peer.deadline_s == 30


def test_an_answer_that_never_comes_frees_the_line() -> None:
    peer = Peer(answer_timeout_s=30)
    call(peer, "a")
    call(peer, "b")
    sent(peer)
    assert peer.expire(30) == (CallFailed("a", "Timeout", "no answer in time"),)
    assert [frame[1] for frame in sent(peer)] == ["b"]
    assert peer.receive('[3,"a",{}]', 31) == UnexpectedAnswer("a")  # late: reported, not matched
    assert peer.receive('[3,"b",{}]', 31) == CallAnswered("b", b"{}")
    assert peer.deadline_s is None


def test_a_call_error_fails_the_call() -> None:
    peer = Peer()
    call(peer, "a")
    refused = peer.receive('[4,"a","NotSupported","no",{}]', 0)
    assert refused == CallFailed("a", "NotSupported", "no")


@pytest.mark.parametrize(
    "answer",
    [
        '[4,"-1","NotImplemented","",{}]',  # some stations cannot say which call they mean
        '[3,"a",[]]',
        '[3,"a"]',
        '[3,"a",{"b":NaN}]',
        '[3,"a",{"b":',
        '[4,"a"]',
        "[4,null,1]",
    ],
)
def test_an_unreadable_answer_does_not_hang_the_queue_and_is_not_answered(answer: str) -> None:
    peer = Peer()
    call(peer, "a")
    call(peer, "b")
    sent(peer)
    failed = peer.receive(answer, 0)
    assert isinstance(failed, CallFailed)
    assert failed.message_id == "a"
    assert [frame[:2] for frame in sent(peer)] == [[2, "b"]]


def test_made_up_answers_leave_nothing_behind() -> None:
    peer = Peer()
    for number in range(1000):
        assert peer.receive(f'[3,"x{number}",{{}}]', 0) == UnexpectedAnswer(f"x{number}")
    call(peer, "a")
    assert peer.receive('[3,"a",{}]', 0) == CallAnswered("a", b"{}")


def test_close_fails_everything_outstanding() -> None:
    peer = Peer()
    call(peer, "a")
    call(peer, "b")
    assert peer.close() == (CallFailed("a", "Closed"), CallFailed("b", "Closed", sent=False))
    assert peer.close() == ()
    assert peer.frames_to_send() == []
    assert peer.deadline_s is None


LONG_ID = "x" * 37
RPC, FORMAT = ErrorCode.RPC_FRAMEWORK_ERROR, ErrorCode.FORMAT_VIOLATION


@pytest.mark.parametrize(
    ("frame", "message_id", "code"),
    [
        ("", "-1", RPC),
        ("nonsense", "-1", RPC),
        ("{}", "-1", RPC),
        ("[]", "-1", RPC),
        (b"\xff\xfe", "-1", RPC),
        ("\ud800", "-1", RPC),
        ("[" * 100_000, "-1", RPC),
        ('[2,17,"Heartbeat",{}]', "-1", RPC),
        ('[2,"","Heartbeat",{}]', "-1", RPC),
        (f'[2,"{LONG_ID}","Heartbeat",{{}}]', "-1", RPC),
        ('["2","a","Heartbeat",{}]', "a", RPC),
        ('[2.0,"a","Heartbeat",{}]', "a", RPC),
        ('[true,"a","Heartbeat",{}]', "a", RPC),
        ('[2,"a","Heartbeat"]', "a", RPC),
        ('[2,"a","Heartbeat",{},{}]', "a", RPC),
        ('[2,"a",["Heartbeat"],{}]', "a", RPC),
        ('[2,"a","Heartbeat",[]]', "a", FORMAT),
        ('[2,"a","Heartbeat",null]', "a", FORMAT),
        ('[2,"a","Heartbeat",{', "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":NaN}]', "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":-Infinity}]', "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":1e999}]', "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":1,"x":1}]', "a", FORMAT),
        (r'[2,"a","Heartbeat",{"x":"\u0000"}]', "a", FORMAT),
        (r'[2,"a","Heartbeat",{"x":"\ud800"}]', "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":' + "9" * 5000 + "}]", "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":' + "[" * 40 + "]" * 40 + "}]", "a", FORMAT),
        ('[2,"a","Heartbeat",{"x":"' + "y" * 300_000 + '"}]', "a", FORMAT),
        ('[5,"a",{}]', "a", ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED),
        ('[-1,"a",{}]', "a", ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED),
    ],
)
def test_a_frame_that_is_no_message_is_answered(
    frame: str | bytes, message_id: str, code: ErrorCode
) -> None:
    peer = Peer()
    refused = peer.receive(frame, 0)
    assert isinstance(refused, FrameRefused)
    assert (refused.message_id, refused.code) == (message_id, code)
    ((kind, answered_id, answered_code, description, details),) = sent(peer)
    assert (kind, answered_id, answered_code, details) == (4, message_id, code, {})
    assert description == refused.description


def test_an_unpaired_escape_is_harmless_when_it_is_a_pair() -> None:
    received = Peer().receive(r'[2,"a","DataTransfer",{"vendorId":"\ud83d\ude00\"}"}]', 0)
    assert isinstance(received, CallReceived)
    assert json.loads(received.payload) == {"vendorId": '😀"}'}


def test_depth_of_32_is_enough_and_33_is_not() -> None:
    def nested(depth: int) -> str:
        return '[2,"a","X",{"x":' + "[" * (depth - 2) + "]" * (depth - 2) + "}]"

    assert isinstance(Peer().receive(nested(32), 0), CallReceived)
    assert isinstance(Peer().receive(nested(33), 0), FrameRefused)


def test_brackets_in_strings_are_not_depth() -> None:
    frame = json.dumps([2, "a", "X", {"x": "[{" * 100}])
    assert isinstance(Peer().receive(frame, 0), CallReceived)


def test_an_error_is_short_whatever_it_is_told_to_say() -> None:
    peer = Peer()
    peer.refuse("\u0001" * 36, CallError("InternalError", "\u0001" * 5000))
    (frame,) = peer.frames_to_send()
    assert len(frame) <= 1024 + 256


def test_a_send_is_heard_in_2_1_and_never_answered() -> None:
    peer = Peer(speaks_21=True)
    told = peer.receive('[6,"s1","NotifyPeriodicEventStream",{"id":1}]', 0.0)
    assert told == SendReceived("s1", "NotifyPeriodicEventStream", b'{"id":1}')
    assert peer.frames_to_send() == []


@pytest.mark.parametrize(
    "frame",
    [
        '[6,"s1","Action"]',
        '[6,"s1","Action",7]',
        '[6,"","Action",{}]',
        '[6,"s1","Action",{"a":NaN}]',
        '[6,"s1","Action",{',
        '[5,"s1"]',
        '[5,7,"GenericError","",{}]',
    ],
)
def test_what_may_not_be_answered_is_not_answered_even_if_it_is_broken(frame: str) -> None:
    peer = Peer(speaks_21=True)
    assert isinstance(peer.receive(frame, 0.0), FrameRefused)
    assert peer.frames_to_send() == []


def test_a_result_error_says_which_answer_was_not_read_and_leaves_our_call_alone() -> None:
    peer = Peer(speaks_21=True)
    call(peer, "m1")
    peer.frames_to_send()
    told = peer.receive('[5,"q7","FormatViolation","what?",{}]', 1.0)
    assert told == ResultRefused("q7", "FormatViolation", "what?")
    assert peer.receive('[3,"m1",{}]', 2.0) == CallAnswered("m1", b"{}")
    assert peer.frames_to_send() == []


def test_before_2_1_types_5_and_6_do_not_exist() -> None:
    peer = Peer()
    for kind in (5, 6):
        told = peer.receive(f'[{kind},"s1","Action",{{}}]', 0.0)
        assert isinstance(told, FrameRefused)
        assert told.code is ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
    assert len(peer.frames_to_send()) == 2
    peer.refuse_result("m1", CallError("FormatViolation"))
    assert peer.frames_to_send() == []


def test_an_answer_that_we_cannot_read_gets_a_result_error_in_2_1() -> None:
    peer = Peer(speaks_21=True)
    peer.refuse_result("m1", CallError("TypeConstraintViolation", "wrong type"))
    assert peer.frames_to_send() == [b'[5,"m1","TypeConstraintViolation","wrong type",{}]']
