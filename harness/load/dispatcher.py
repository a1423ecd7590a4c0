"""Hands users to workers so that a new phase's classes replace the old phase's."""

from typing import Any

from locust.dispatch import UsersDispatcher


class PhaseDispatcher(UsersDispatcher):
    """Locust's own keeps users of the old classes as long as the number fits.

    When the classes change, the count starts again from none: the old users are told to stop, which lets
    their running streams finish, and the new ones are all spawned.
    """

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: Any = None) -> None:
        if user_classes is not None and set(user_classes) != set(self._user_classes):
            names = [user_class.__name__ for user_class in self._original_user_classes]
            self._users_on_workers = {worker.id: dict.fromkeys(names, 0) for worker in self._worker_nodes}
            self._active_users: list[Any] = []
            self._try_dispatch_fixed = True
        super().new_dispatch(target_user_count, spawn_rate, user_classes)
