"""What ECR knows beyond what a registry holds: the archive, pulls; and what tests look at and
steer: calls, faults, rates, violations.
"""

import collections
import threading
import time

LOG_MAX = 200_000


class Fault:
    """One entry of a scenario.

    Matches by operation ("*": any), account, repository, digest, region (absent: any), skips
    `after` calls and holds for `times` (absent: for ever). What it does: hold (no answer until
    there is another scenario), delay_ms, drop, error, message, status, headers, body, cut (bytes of
    the body that are sent). Blob GETs are the operation "GetBlob"; the registry's
    are "Registry.manifests", "Registry.tags", "Registry.blobs" and "Registry.other".
    """

    FIELDS = {
        "operation", "account", "repository", "digest", "region", "after", "times", "hold",
        "delay_ms", "drop", "error", "message", "status", "headers", "body", "cut", "failure",
    }  # fmt: skip

    def __init__(self, entry):
        unknown = set(entry) - self.FIELDS
        if unknown:
            raise ValueError("unknown in a fault: " + ", ".join(sorted(unknown)))
        self.entry = entry
        self.after = entry.get("after", 0)
        self.times = entry.get("times")

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def matches(self, operation, region, repository, digests, account=None):
        """Whether this call is meant."""
        entry = self.entry
        return (
            entry.get("operation", "*") in ("*", operation)
            and entry.get("region") in (None, region)
            and entry.get("account") in (None, account)
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
        # Notified of each call and each new scenario.
        self._lock = threading.Condition()
        self._scenarios = 0
        self._held = 0
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

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def called(self, operation, region, body, account=None, key=None):
        """Counts a call, of ACCOUNT with the key of that ID."""
        with self._lock:
            self._calls[operation] += 1
            if len(self._log) < LOG_MAX:
                self._log.append(
                    {
                        "operation": operation,
                        "region": region,
                        "account": account,
                        "key": key,
                        "body": body,
                    }
                )
            self._lock.notify_all()

    def wait_for(self, wanted, seconds):
        """Until WANTED (operation, region?, count) was called as often, or HELD are held; False when
        that is not within SECONDS."""

        def there():
            if "held" in wanted:
                return self._held >= wanted["held"]
            found = sum(
                1
                for call in self._log
                if call["operation"] == wanted["operation"]
                and wanted.get("region") in (None, call["region"])
            )
            return found >= wanted["count"]

        with self._lock:
            return self._lock.wait_for(there, seconds)

    def hold(self):
        """Until there is another scenario."""
        with self._lock:
            scenario = self._scenarios
            self._held += 1
            self._lock.notify_all()
            self._lock.wait_for(lambda: self._scenarios != scenario)
            self._held -= 1

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
            self._scenarios += 1
            self._lock.notify_all()

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

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def fault(self, operation, region, repository, digests, account=None):
        """The entry of the fault that holds for this call, or None."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(operation, region, repository, digests, account) and fault.take():
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
            self._scenarios += 1
            self._lock.notify_all()
            self._rates = {}
            self._buckets = {}

    def view(self, what):
        """A copy for the control role; None for an unknown name."""
        with self._lock:
            if what == "calls":
                return dict(self._calls)
            if what == "held":
                return self._held
            if what == "requests":
                return list(self._log)
            if what == "violations":
                return list(self._violations)
            if what == "pulls":
                return {"/".join(image): count for image, (count, _) in self._pulls.items()}
        return None
