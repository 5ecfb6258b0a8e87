"""The state of the backend, divided by the domain that owns it."""

from __future__ import annotations

import itertools
from collections import Counter

from qapps_mock.locks import Lock
from qapps_mock.models.paging import Listing
from qapps_mock.models.resources import App, Association, Category, LibraryItem, Session
from qapps_mock.models.upload import Upload
from qapps_mock.s3 import service_bucket


class State:
    """The state of one account in one region.

    Every domain may read all of it. A domain writes only the part that it owns; other domains call the
    owner's methods. Each part below starts with the name of its owner. Three domains own only attributes of
    resources: Permissions owns App.grants, Tags owns App.tags and Session.tags, and CollectedData owns
    Session.name, Session.sharing and Session.exports.
    """

    account_id: str
    region_name: str
    partition: str

    def _empty(self) -> None:
        # Held while an operation runs, but released while code of the test's author does: a scripted
        # answer, the schema of a form. So what was checked before may no longer be true after it.
        self.lock = Lock()

        # Apps, with App.versions.
        self._apps: dict[str, App] = {}
        # Counts apps by (instance, user), and all apps of an instance by (instance, None).
        self._app_counts: Counter[tuple[str, str | None]] = Counter()

        # Associations, with App.associations. By instance and user.
        self._associations: dict[tuple[str, str], Listing[Association]] = {}

        # Categories. By instance, then by category id, in the order of creation.
        self._categories: dict[str, dict[str, Category]] = {}

        # Library, with App.library_item and Category.shown.
        self._library_items: dict[str, LibraryItem] = {}
        # The published items by instance.
        self._library: dict[str, Listing[LibraryItem]] = {}

        # Sessions, with Session.card_runs and Session.submissions.
        self._sessions: dict[str, Session] = {}

        # Files. The mocked S3 adds the content and the refusals of each upload.
        self.uploads: dict[str, Upload] = {}

        # All domains write these, through the methods below.
        # The numbers that order the entries of every listing.
        self._numbers = itertools.count(1)
        # Deleted apps and sessions: id -> instance.
        self._deleted: dict[str, str] = {}

    @property
    def place(self) -> dict[str, str]:
        """Partition, region and account, as the functions of `arns` take them."""
        return {"partition": self.partition, "region": self.region_name, "account": self.account_id}

    def next_number(self) -> int:
        """Return a number that is higher than all before, to order the entries of a listing."""
        return next(self._numbers)

    def note_deleted(self, resource: App | Session) -> None:
        """Remember the id and the instance of a deleted app or session."""
        self._deleted[resource.id] = resource.instance_id

    @property
    def upload_bucket(self) -> str:
        """The name of the service's S3 bucket for this account and region."""
        return service_bucket.name(region=self.region_name, account=self.account_id)

    def ensure_upload_bucket(self) -> str:
        """Create the bucket unless it exists, and return its name."""
        service_bucket.ensure(self.upload_bucket, region=self.region_name, partition=self.partition)
        return self.upload_bucket

    def upload_bucket_url(self, origin: str | None) -> str:
        """Return the URL of the bucket at *origin*; None: AWS's."""
        return service_bucket.url(
            self.upload_bucket, region=self.region_name, partition=self.partition, origin=origin
        )

    def delete_objects(self, keys: list[str]) -> None:
        """Delete objects of the service's S3 bucket."""
        service_bucket.delete(self.upload_bucket, keys, partition=self.partition)
