"""What ECR knows beyond what a registry holds: the archive, pulls; and what tests look at and
steer: calls, faults, rates, violations.
"""

import collections
import threading
import time

LOG_MAX = 200_000


class Fault:
    """One entry of a scenario.

    Matches by operation ("*": any), repository, digest, region (absent: any), skips `after`
    calls and holds for `times` (absent: for ever). What it does: delay_ms, drop, error, message,
    status, headers, body, cut (bytes of the body that are sent). Blob GETs are the operation
    "GetBlob".
    """

    FIELDS = {
        "operation", "repository", "digest", "region", "after", "times", "delay_ms",
        "drop", "error", "message", "status", "headers", "body", "cut", "failure",
    }  # fmt: skip

    def __init__(self, entry):
        unknown = set(entry) - self.FIELDS
        if unknown:
            raise ValueError("unknown in a fault: " + ", ".join(sorted(unknown)))
        self.entry = entry
        self.after = entry.get("after", 0)
        self.times = entry.get("times")

    def matches(self, operation, region, repository, digests):
        """Whether this call is meant."""
        entry = self.entry
        return (
            entry.get("operation", "*") in ("*", operation)
            and entry.get("region") in (None, region)
            and entry.get("repository") in (None, repository)
            and (entry.get("digest") is None or entry["digest"] in digests)
        )

    def take(self):
        """Counts a matching call; whether the fault holds for it."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        if self.times > 0:
            self.times -= 1
            return True
        return False


class State:
    """Safe for use by several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._archived = {}
        self._calls = collections.Counter()
        self._pulls = {}
        self._log = []
        self._violations = []
        self._faults = []
        self._rates = {}
        self._buckets = {}

    def archive(self, image, status):
        """IMAGE is (account, region, repository, digest); STATUS ACTIVE takes it back."""
        with self._lock:
            if status == "ACTIVE":
                self._archived.pop(image, None)
            else:
                self._archived[image] = (status, time.time())

    def status(self, image):
        """Status and when it was set (None for an image that always was active)."""
        with self._lock:
            return self._archived.get(image, ("ACTIVE", None))

    def called(self, operation, region, body):
        """Counts a call."""
        with self._lock:
            self._calls[operation] += 1
            if len(self._log) < LOG_MAX:
                self._log.append({"operation": operation, "region": region, "body": body})

    def pulled(self, image):
        """Counts a pull."""
        with self._lock:
            count, _ = self._pulls.get(image, (0, 0))
            self._pulls[image] = (count + 1, time.time())

    def last_pull(self, image):
        """Its time; None: never."""
        with self._lock:
            return self._pulls.get(image, (0, None))[1]

    def violation(self, text):
        """Remembers what no client must do."""
        with self._lock:
            self._violations.append(text)

    def scenario(self, entries):
        """Replaces the faults. ValueError for what is none."""
        faults = [Fault(entry) for entry in entries]
        with self._lock:
            self._faults = faults

    def rates(self, rates):
        """Replaces the calls a second that are allowed, by operation."""
        with self._lock:
            self._rates = {name: float(rate) for name, rate in rates.items()}
            self._buckets = {}

    def throttled(self, operation):
        """Takes from the operation's bucket; True when it is empty."""
        with self._lock:
            rate = self._rates.get(operation)
            if rate is None:
                return False
            now = time.monotonic()
            left, then = self._buckets.get(operation, (max(rate, 1.0), now))
            left = min(max(rate, 1.0), left + (now - then) * rate)
            self._buckets[operation] = (max(left - 1, 0.0) if left >= 1 else left, now)
            return left < 1

    def fault(self, operation, region, repository, digests):
        """The entry of the fault that holds for this call, or None."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(operation, region, repository, digests) and fault.take():
                    return fault.entry
        return None

    def reset(self):
        """Forgets counters, pulls, logs, faults and rates, not the archive."""
        with self._lock:
            self._calls.clear()
            self._pulls.clear()
            self._log.clear()
            self._violations.clear()
            self._faults = []
            self._rates = {}
            self._buckets = {}

    def view(self, what):
        """A copy for the control role; None for an unknown name."""
        with self._lock:
            if what == "calls":
                return dict(self._calls)
            if what == "requests":
                return list(self._log)
            if what == "violations":
                return list(self._violations)
            if what == "pulls":
                return {"/".join(image): count for image, (count, _) in self._pulls.items()}
        return None
