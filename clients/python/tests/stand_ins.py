"""Stand-ins of Django's models and of the parts of Django that the client uses."""

import sys
from contextlib import contextmanager
from itertools import count
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List, Optional

_ids = count(1)


class QuerySet:
    """A list with the methods of a Django QuerySet that the client calls."""

    def __init__(self, rows: List[Any]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> "QuerySet":
        return self

    def filter(self, **lookups: Any) -> "QuerySet":
        return QuerySet([row for row in self._rows if all(_matches(row, *each) for each in lookups.items())])

    def select_related(self, *_fields: str) -> "QuerySet":
        return self

    def values_list(self, field: str, flat: bool = False) -> "QuerySet":
        assert flat
        return QuerySet([getattr(row, field) for row in self._rows])

    def distinct(self) -> "QuerySet":
        return QuerySet(list(dict.fromkeys(self._rows)))


def _matches(row: Any, lookup: str, wanted: Any) -> bool:
    value = row
    for part in lookup.split("__"):
        if part == "in":
            return value in wanted
        if part == "isnull":
            return (value is None) is wanted
        value = getattr(value, part, None)
    return bool(value == wanted)


class Org:
    def __init__(self, slug: str, name: str = "", viz_url: Optional[str] = None) -> None:
        self.pk = next(_ids)
        self.slug = slug
        self.name = name or slug
        self.viz_url = viz_url

    @property
    def orguser_set(self) -> QuerySet:
        return OrgUser.objects.filter(org_id=self.pk)


class Table:
    """`OrgUser.objects`."""

    rows: List[Any] = []

    def all(self) -> QuerySet:
        return QuerySet(list(self.rows))

    def filter(self, **lookups: Any) -> QuerySet:
        return self.all().filter(**lookups)


class OrgUser:
    objects = Table()
    _default_manager = objects

    def __init__(
        self,
        org: Optional[Org],
        email: str = "",
        role: Optional[str] = "member",
        *,
        user_id: Optional[int] = None,
        first_name: str = "",
        last_name: str = "",
        is_active: bool = True,
    ) -> None:
        self.id = next(_ids)
        self.org = org
        self.org_id = org.pk if org else None
        self.user_id = next(_ids) if user_id is None else user_id
        self.user = SimpleNamespace(
            pk=self.user_id, email=email, first_name=first_name, last_name=last_name, is_active=is_active
        )
        self.new_role = None if role is None else SimpleNamespace(slug=role)
        Table.rows.append(self)

    def delete(self) -> None:
        Table.rows.remove(self)


class Signal:
    def __init__(self) -> None:
        self._receivers: Dict[Any, Callable[..., None]] = {}

    def connect(self, receiver: Callable[..., None], sender: Any, weak: bool, dispatch_uid: str) -> None:
        assert not weak, "a receiver that is a local function would be collected"
        self._receivers[(sender, dispatch_uid)] = receiver

    def send(self, sender: Any, **named: Any) -> None:
        for (wanted, _), receiver in self._receivers.items():
            if wanted is sender:
                receiver(sender=sender, **named)


class FakeDjango:
    """`django.db.transaction`, the signals of models, `django.conf.settings` and `django.utils.timezone`."""

    def __init__(self, **settings: Any) -> None:
        self.post_save = Signal()
        self.pre_delete = Signal()
        self.post_delete = Signal()
        self.on_commit: List[Callable[[], None]] = []
        self.settings = SimpleNamespace(**settings)
        self.make_aware: Callable[[Any], Any] = lambda value: value

    def commit(self) -> None:
        jobs, self.on_commit = self.on_commit, []
        for job in jobs:
            job()

    @contextmanager
    def installed(self) -> Iterator["FakeDjango"]:
        transaction = SimpleNamespace(on_commit=lambda job, using=None: self.on_commit.append(job))
        modules = {
            "django": {},
            "django.db": {"transaction": transaction},
            "django.db.models": {},
            "django.db.models.signals": {
                "post_save": self.post_save,
                "pre_delete": self.pre_delete,
                "post_delete": self.post_delete,
            },
            "django.conf": {"settings": self.settings},
            "django.utils": {},
            "django.utils.timezone": {"make_aware": lambda value: self.make_aware(value)},
        }
        before = {name: sys.modules.get(name) for name in modules}
        for name, members in modules.items():
            module = ModuleType(name)
            module.__dict__.update(members)
            sys.modules[name] = module
        try:
            yield self
        finally:
            for name, module_before in before.items():
                if module_before is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = module_before
