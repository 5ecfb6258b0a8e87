"""Sessions: the runs of an app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qapps_mock import clock
from qapps_mock.models import forms, runs, tagging
from qapps_mock.models.access import require_file_for, require_uploaded
from qapps_mock.models.apps import App, AppVersion
from qapps_mock.models.library import Library
from qapps_mock.models.session import (
    Session,
    Values,
    require_participant,
    require_host,
    require_responses_accepted,
    visible_submissions,
)
from qapps_mock.models.state import new_id
from qapps_mock.s3 import service_bucket
from qapps_mock.service import arns
from qapps_mock.service.context import Context, ScriptsInForce
from qapps_mock.service.exceptions import ResourceNotFoundException, ValidationException

# The longest value that a user can give a card; a made-up one is cut there, or prompts that
# repeat each other's answers would grow without end.
_LONGEST_VALUE = 40_000


class Sessions(Library):
    """The operations on sessions."""

    def start_q_app_session(
        self,
        context: Context,
        *,
        instance_id: str,
        app_id: str,
        app_version: int,
        initial_values: Values = (),
        session_id: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Start a session, or join a shared one.

        Documented: one's own, published and shared versions may run; whoever starts a session of an
        app has the app in the list.

        Assumed: joining needs only that the session is shared, and an appVersion that the app has,
        which says nothing else then, as do tags; an unknown sessionId is a ResourceNotFoundException.

        Not simulated: quotas of sessions, and that an owner has one active data collection an app.
        """
        app = self.find_app(instance_id, app_id)
        version = app.version(app_version)
        if session_id is None:
            self.require_runnable(context, app, version)
            session = self._new_session(context, app, version, tags or {})
        else:
            session = self.find_session_for(context, instance_id, session_id)
            if session.app_id != app_id:
                raise ValidationException(f"Session {session_id} is not a session of app {app_id}.")
            require_responses_accepted(context, session, initial_values)
        self._take(context, session, initial_values)
        if session_id is None:
            self._sessions[session.id] = session
            self.note_use(context, app)
        return {"sessionId": session.id, "sessionArn": session.arn}

    def get_q_app_session(self, context: Context, *, instance_id: str, session_id: str) -> dict[str, Any]:
        """Return where the cards of a session are.

        Assumed: a query card waits while an input that it needs is missing, directly or through
        others; a card that needs one in ERROR is in ERROR; ERROR, WAITING, IN_PROGRESS, COMPLETED:
        the first of these that a card is in is the session's.

        Not simulated: a language model, and a plugin's question in mid-run. Answers are scripted,
        or show the prompt and that they are made up.
        """
        session = self.find_session_for(context, instance_id, session_id)
        if context.scripts.reads == 0:
            _finish(session, context.scripts)
        shown = {
            "sessionId": session.id,
            "sessionArn": session.arn,
            "appVersion": session.app_version,
            "status": runs.overall(session.card_runs),
            "cardStatus": _card_status(context, session),
            "userIsHost": context.user_id == session.owner,
        }
        if session.name is not None:
            shown["sessionName"] = session.name
        published = self.find_app(instance_id, session.app_id).published
        if published is not None:
            shown["latestPublishedAppVersion"] = published
        if context.scripts.reads:
            runs.step(
                session.plan, session.card_runs, _answerer(context.scripts), reads=context.scripts.reads
            )
        return shown

    def update_q_app_session(
        self, context: Context, *, instance_id: str, session_id: str, values: Values = ()
    ) -> dict[str, Any]:
        """Give values to cards that wait for them.

        Modelled: only while a card waits; without values nothing moves; values for other cards are
        ignored.

        Assumed: a form stays open while its session accepts responses; those of participants are an
        AccessDeniedException when it does not, other values are not; the value of a file card is a
        file id of this app or session, with strict one that was uploaded; a form's value is the
        JSON text of an object that fits the card's schema; a submissionMutation is for forms that
        append; the last of several values for a card counts; an unknown card is a
        ValidationException.
        """
        session = self.find_session_for(context, instance_id, session_id)
        require_responses_accepted(context, session, values)
        responds = session.sharing.accept_responses and session.has_form_for(values)
        if not responds and not any(run.state == "WAITING" for run in session.card_runs.values()):
            raise ValidationException(f"No card of session {session_id} is waiting for a value.")
        self._take(context, session, values)
        return {"sessionId": session.id, "sessionArn": session.arn}

    def stop_q_app_session(self, context: Context, *, instance_id: str, session_id: str) -> None:
        """Delete a session with its data.

        Documented: only its host may.

        Assumed: its files and exports in S3 go too, and every later call finds nothing; `uploads`
        goes on to tell of the files.
        """
        session = self.find_session(instance_id, session_id)
        require_host(context, session)
        self._drop([session])

    def find_session(self, instance_id: str, session_id: str) -> Session:
        """Return a session of an instance.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        session = self.known_session(instance_id, session_id)
        if session is None:
            raise ResourceNotFoundException(
                f"Session {session_id} does not exist.", resourceId=session_id, resourceType="Session"
            )
        return session

    def known_session(self, instance_id: str, session_id: str) -> Session | None:
        """Return a session of an instance, or None."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.instance_id == instance_id else None

    def find_session_for(self, context: Context, instance_id: str, session_id: str) -> Session:
        """Return a session that the caller may use.

        Raises:
            ResourceNotFoundException: it does not exist.
            AccessDeniedException: it is another user's, and not shared.
        """
        session = self.find_session(instance_id, session_id)
        require_participant(context, session)
        return session

    def advance_session(self, session_id: str, scripts: ScriptsInForce) -> bool:
        """Bring a session one step further; tell whether it exists."""
        session = self._sessions.get(session_id)
        if session is not None:
            runs.step(session.plan, session.card_runs, _answerer(scripts))
        return session is not None

    def _new_session(
        self, context: Context, app: App, version: AppVersion, tags: Mapping[str, str]
    ) -> Session:
        session_id = new_id()
        plan = self._plan_of(app, version)
        return Session(
            id=session_id,
            arn=arns.session_arn(app.arn, session_id),
            instance_id=app.instance_id,
            app_id=app.id,
            app_version=version.number,
            owner=context.user_id,
            plan=plan,
            card_runs=dict(plan.start),
            tags=tagging.merge({}, tags),
        )

    def _plan_of(self, app: App, version: AppVersion) -> runs.Plan:
        key = app.id, version.number
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = runs.plan(version.cards)
        return plan

    def _take(self, context: Context, session: Session, values: Values) -> None:
        """Check all *values*, then give the cards those that count, and run what can run."""
        if values:
            taken, submissions = self._checked(context, session, values)
            session.submissions = submissions
            runs.give(session.plan, session.card_runs, taken)
        if context.scripts.reads == 0:
            _finish(session, context.scripts)

    def _checked(
        self, context: Context, session: Session, values: Values
    ) -> tuple[dict[str, str | None], forms.Submissions]:
        """Return the values that count by card, and the submissions as they will be."""
        taken: dict[str, str | None] = {}
        submissions = session.submissions
        last_of_each_card = {given["cardId"]: given for given in values}
        for card_id, given in last_of_each_card.items():
            step = _step_of(session, card_id)
            if "submissionMutation" in given:
                forms.require_append_mode(step.body)
            if not session.takes(step):
                continue
            if step.kind == "formInput":
                submissions = forms.submit(
                    submissions, card=step.body, user_id=context.user_id, given=given, now=clock.now()
                )
                taken[card_id] = forms.summary(submissions, card_id)
                continue
            if step.kind == "fileUpload":
                self._check_file(context, session, given["value"])
            taken[card_id] = given["value"] or None
        return taken, submissions

    def _check_file(self, context: Context, session: Session, file_id: str) -> None:
        upload = self.find_file(file_id)
        require_file_for(upload, session.app_id, session.id)
        if context.options.strict:
            require_uploaded(upload)

    def _drop_sessions_of(self, app_id: str) -> None:
        """Delete all sessions of an app that is deleted itself."""
        self._drop([session for session in self._sessions.values() if session.app_id == app_id])
        for key in [key for key in self._plans if key[0] == app_id]:
            del self._plans[key]

    def _drop(self, sessions: list[Session]) -> None:
        """Delete sessions with their files and exports; `uploads` goes on to tell of the files."""
        ids = {session.id for session in sessions}
        for session_id in ids:
            del self._sessions[session_id]
        self._gone |= {session.id: session.instance_id for session in sessions}
        keys = [upload.key for upload in self.uploads.values() if upload.session_id in ids]
        keys += [key for session in sessions for key in session.exports]
        bucket = service_bucket.name(region=self.region_name, account=self.account_id)
        service_bucket.delete(bucket, keys, partition=self.partition)


def _step_of(session: Session, card_id: str) -> runs.Step:
    step = session.plan.steps.get(card_id)
    if step is None:
        version = f"Version {session.app_version} of app {session.app_id}"
        raise ValidationException(f"{version} has no card {card_id}.")
    return step


def _card_status(context: Context, session: Session) -> dict[str, dict[str, Any]]:
    status: dict[str, dict[str, Any]] = {
        card_id: {"currentState": run.state, "currentValue": run.value}
        for card_id, run in session.card_runs.items()
    }
    for card in session.plan.forms:
        seen = [each for each in visible_submissions(context, session) if each.card_id == card["id"]]
        # AWS's example of a form card that is COMPLETED shows an empty value beside its submissions.
        status[card["id"]].update(currentValue="", submissions=[forms.shown(each) for each in seen])
    return status


def _finish(session: Session, scripts: ScriptsInForce) -> None:
    runs.finish(session.plan, session.card_runs, _answerer(scripts))


def _answerer(scripts: ScriptsInForce) -> runs.Answer:
    def answer(step: runs.Step, prompt: str) -> str | None:
        title = step.body["title"]
        value = scripts.answer(step.id, title, prompt)
        if value is None:
            return f"[qapps_mock: no real answer] {title}: {prompt}"[:_LONGEST_VALUE]
        return value if isinstance(value, str) else None

    return answer
