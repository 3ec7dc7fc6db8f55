"""Where requests that could have been under way were not, from a site's log."""
from collections import namedtuple

LISTS = ("/users/search", "/auditing/record")
LOGIN = "/myself"

# Seconds of a slot that nobody used, in each phase of a run.
Idle = namedtuple("Idle", "login lists lookups rest")


def end(request):
    return request["at"] + request["ms"]


def busy(requests, start, stop):
    """Slot-milliseconds that were used between the two."""
    return sum(max(0, min(end(request), stop) - max(request["at"], start))
               for request in requests)


def idle(requests, at_once, wall):
    """The Idle of a run of WALL seconds: until the login is proved; until the
    last page of a list or log came; until the last answer; after it, and
    before the first request."""
    begin = min(request["at"] for request in requests)
    login = max((end(request) for request in requests
                 if request["path"].endswith(LOGIN)), default=begin)
    lists = max(end(request) for request in requests
                if request["path"].endswith(LISTS))
    last = max(map(end, requests))
    found = [(at_once * (stop - start) - busy(requests, start, stop)) / 1000
             for start, stop in ((begin, login), (login, lists),
                                 (lists, last))]
    return Idle(*found, at_once * (wall - (last - begin) / 1000))


def words(lost):
    return (f"idle slot-seconds: {lost.login:.1f} for the login, "
            f"{lost.lists:.1f} while lists are read, {lost.lookups:.1f} in "
            f"look-ups after them, {lost.rest:.1f} when all is read")
