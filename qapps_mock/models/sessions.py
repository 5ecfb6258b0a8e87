"""Sessions: the operations that start, advance, return and stop the runs of an app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qapps_mock import clock
from qapps_mock.control.active import ActiveMocks
from qapps_mock.models import answers, card_runs, forms
from qapps_mock.models.access import Access, not_found
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import App, AppVersion, Session, Values
from qapps_mock.models.tags import merge_tags
from qapps_mock.service import arns
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import AccessDeniedException, ValidationException


class Sessions(Access):
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

        QA-240 documented (IAM role and private sharing): users can run versions that they own, that are
            published or that are shared.
        QA-241 modelled: starting a session adds the app to the user's list.
        QA-242 documented (starting a data collection): a user joins a shared session by its sessionId.
        QA-243 assumed: a request to join must have an appVersion that the app has; otherwise its appVersion
            and tags are ignored. It does not add the app to the user's list. Settle: a request to join with
            another version.
        QA-244 assumed: an unknown sessionId is a ResourceNotFoundException, a session of another app a
            ValidationException. Settle: both.
        QA-245 assumed: an app or a session that is deleted while a scripted answer, or the check of a
            response against its schema, runs is a ResourceNotFoundException. Settle: DeleteQApp while a
            query runs.
        QA-246 observed (public front ends): the defaultValue of a text card is not applied: a client sends
            it as a value.
        QA-247 assumed: values are checked as in UpdateQAppSession; a refused start leaves no session.
            Settle: a start with a value for an unknown card.
        QA-248 not simulated: quotas of sessions.
        QA-249 not simulated (data collection): the limit of one active data collection for each owner and
            app; its error is unknown.
        """
        if session_id is None:
            app, version = self._find_runnable(context, instance_id, app_id, app_version)
            responses = self._check_responses(version.plan, initial_values)
            if responses:  # the lock was released
                app, version = self._find_runnable(context, instance_id, app_id, app_version)
            session = self._new_session(context, app, version, tags or {})
            self._give(context, session, initial_values, responses)
            self._sessions[session.id] = session
            self.note_use(context.user_id, app)
        else:
            self.find_app(instance_id, app_id).version(app_version)
            session = self._find_joinable(context, instance_id, app_id, session_id, initial_values)
            responses = self._check_responses(session.plan, initial_values)
            if responses:  # the lock was released
                session = self._find_joinable(context, instance_id, app_id, session_id, initial_values)
            self._give(context, session, initial_values, responses)
        if session.plan.queries:
            answers.finish(session, context.scripts, self.lock, self.uploads)
            self.find_app(instance_id, app_id)
            self._require_kept(session)
        return {"sessionId": session.id, "sessionArn": session.arn}

    def get_q_app_session(self, context: Context, *, instance_id: str, session_id: str) -> dict[str, Any]:
        """Return the state of a session and of its cards.

        QA-197 assumed: a query card is WAITING while an input that it needs, directly or through other
            cards, is missing. Settle: the states of all cards before the first value.
        QA-198 assumed: a card that needs a card in ERROR is in ERROR too. Settle: a plugin that fails, with
            a query that depends on it.
        QA-199 assumed: the session's status is the first of ERROR, WAITING, IN_PROGRESS and COMPLETED that
            any of its cards has. Settle: a session with cards in two states.
        QA-200 observed (AWS's example): a COMPLETED form card has submissions and an empty value.
        QA-201 assumed (service model: the member is required): a card without a value has the empty text as
            its currentValue. Settle: a session before the first value.
        QA-202 assumed: in a prompt, a text card stands for its text, a file card for the id of its file, a
            form card for the JSON of its responses, and a query card for its answer. Settle: a query that
            repeats its input.
        QA-203 assumed: while a scripted answer runs, its card is IN_PROGRESS for every other call, and no
            other call runs the answer. If an input of the card changes meanwhile, the answer is dropped and
            the next call runs the card again. Settle: a new value for a card while a query runs.
        QA-204 assumed: a session that is deleted meanwhile is a ResourceNotFoundException. Settle:
            StopQAppSession while a query runs.
        QA-205 assumed: latestPublishedAppVersion is the version in the library, and absent without one.
            Settle: a session of an app that left the library.
        QA-206 not simulated: a language model. The value of a query card is a scripted answer, or else a
            text that shows the prompt and is marked as not real.
        QA-207 not simulated (plugins): questions that a plugin asks during a run: no card is WAITING once
            its inputs are there.
        """
        session = self.find_session_for(context, instance_id, session_id)
        answers.finish(session, context.scripts, self.lock, self.uploads)
        self._require_kept(session)
        self.require_participant(context, session)
        shown = {
            "sessionId": session.id,
            "sessionArn": session.arn,
            "appVersion": session.app_version,
            "status": card_runs.overall(session.card_runs),
            "cardStatus": _card_status(context, session),
            "userIsHost": context.user_id == session.owner,
        }
        if session.name is not None:
            shown["sessionName"] = session.name
        published = self.find_app(instance_id, session.app_id).published
        if published is not None:
            shown["latestPublishedAppVersion"] = published
        if context.scripts.reads:
            answers.step(session, context.scripts, self.lock, self.uploads, reads=context.scripts.reads)
            self._require_kept(session)
        return shown

    def update_q_app_session(
        self, context: Context, *, instance_id: str, session_id: str, values: Values = ()
    ) -> dict[str, Any]:
        """Give values to the cards that wait for them.

        QA-282 modelled: the call is valid only while a card is waiting. A request without values changes
            nothing. Values for cards that do not wait are ignored.
        QA-283 assumed: a call while no card waits is a ValidationException. Settle: such a call.
        QA-284 assumed: values for unknown cards are ignored, and so is the submissionMutation of a card
            that does not wait; with strict, an unknown card is a ValidationException. Settle: a value for
            an unknown card.
        QA-285 assumed: an empty text gives a waiting text card no value: it waits on. Settle:
            UpdateQAppSession with an empty text.
        QA-286 assumed: if a request has several values for a card, the last one is used. Settle: two values
            for one card.
        QA-287 documented (plugins): a plugin card that waits takes a message.
        QA-288 assumed: the message follows the prompt when the card runs, until another message replaces
            it. Query cards take one too. Settle: a value for a query card that waits for a text.
        QA-289 assumed: a default file that can be overridden takes a value as long as the session exists,
            and the cards that depend on it run again. Without allowOverride it stays. Settle: a value for
            such a card after the run.
        QA-290 assumed (public front ends send the fileId): the value of a file-upload card is the id of a
            file of this app or session; with strict, the file must have been uploaded. Settle: the id of a
            file of another session.
        QA-291 assumed: a form card accepts responses as long as its session does, also while no card waits.
            Settle: a second response.
        QA-292 documented (data collection): the host can stop accepting responses (acceptResponses false).
        QA-293 assumed: a participant's response is an AccessDeniedException then; values for other cards
            are accepted. Settle: a response after that.
        QA-294 documented (data collection): with replace, only the last response of a user is kept; with
            append, all are.
        QA-295 assumed (service model: a schema defines the response): the value of a form card is the JSON
            text of an object that matches the card's schema, else a ValidationException. Settle: a value
            that is not JSON, then one that violates the schema.
        QA-296 documented (forms): the fields of a form are optional unless its schema requires them.
        QA-297 assumed: a schema that cannot be used checks nothing. A remote $ref is never fetched. Settle:
            a form whose schema has a type that does not exist.
        QA-298 assumed (service model: only for forms with several responses): a submissionMutation is a
            ValidationException for a waiting card of another kind, for a form card without append, and for
            an unknown submission of the caller. Settle: each of them.
        QA-299 assumed: an edited or replaced submission gets a new timestamp and moves to the end. Settle:
            ListQAppSessionData after an edit.
        QA-300 assumed: what changes while a response is checked against its schema counts, as if the call
            had come after it: a value that a card got meanwhile stays. Settle: two calls at the same time.
        QA-301 assumed: a session that is deleted while a scripted answer or the check runs is a
            ResourceNotFoundException. Settle: StopQAppSession while a query runs.
        """
        session = self._find_updatable(context, instance_id, session_id, values)
        responses = self._check_responses(session.plan, values)
        if responses:  # the lock was released
            session = self._find_updatable(context, instance_id, session_id, values)
        self._give(context, session, values, responses)
        answers.finish(session, context.scripts, self.lock, self.uploads)
        self._require_kept(session)
        return {"sessionId": session.id, "sessionArn": session.arn}

    def stop_q_app_session(self, context: Context, *, instance_id: str, session_id: str) -> None:
        """Delete a session and its data.

        QA-250 documented (IAM role): only the host can delete the session.
        QA-251 modelled: the data of the session is deleted.
        QA-252 assumed: its files and exports in S3 are deleted too, and every later call that names the
            session reports that it does not exist. `uploads` still lists the files. Settle: a second call.
        """
        session = self.find_session(instance_id, session_id)
        self.require_host(context, session)
        self._drop([session])

    def advance_session(self, session_id: str, scripts: ActiveMocks) -> bool:
        """Advance a session by one step, and tell whether it exists afterwards."""
        session = self._sessions.get(session_id)
        if session is not None:
            answers.step(session, scripts, self.lock, self.uploads)
        return session_id in self._sessions

    def forget_app(self, app: App) -> None:
        """Delete the sessions of the app."""
        super().forget_app(app)
        self._drop([session for session in self._sessions.values() if session.app_id == app.id])

    def _find_runnable(
        self, context: Context, instance_id: str, app_id: str, app_version: int
    ) -> tuple[App, AppVersion]:
        """Return the app and the version that the caller can run."""
        app = self.find_app(instance_id, app_id)
        version = app.version(app_version)
        self.require_runnable(context, app, version)
        return app, version

    def _find_joinable(
        self, context: Context, instance_id: str, app_id: str, session_id: str, values: Values
    ) -> Session:
        """Return the session of the app that the caller can join with *values*."""
        session = self.find_session_for(context, instance_id, session_id)
        self.require_session_of(app_id, session)
        _require_responses_accepted(context, session, values)
        return session

    def _find_updatable(self, context: Context, instance_id: str, session_id: str, values: Values) -> Session:
        """Return the session, which waits for a value or accepts the responses in *values*."""
        session = self.find_session_for(context, instance_id, session_id)
        _require_responses_accepted(context, session, values)
        waits = any(run.state == "WAITING" for run in session.card_runs.values())
        if not waits and not session.accepts(values):
            raise ValidationException(f"No card of session {session_id} is waiting for a value.")
        return session

    def _require_kept(self, session: Session) -> None:
        """Raise ResourceNotFoundException if the session was deleted while a scripted answer ran."""
        if session.id not in self._sessions:
            raise not_found("Session", session.id)

    def _new_session(
        self, context: Context, app: App, version: AppVersion, tags: Mapping[str, str]
    ) -> Session:
        session_id, plan = new_id(), version.plan
        return Session(
            id=session_id,
            arn=arns.session_arn(app.arn, session_id),
            instance_id=app.instance_id,
            app_id=app.id,
            app_version=version.number,
            owner=context.user_id,
            plan=plan,
            card_runs=dict(plan.start),
            tags=merge_tags({}, tags),
        )

    def _check_responses(self, plan: card_runs.Plan, values: Values) -> forms.Checked:
        """Check the values for form cards without the lock: what was found before may change meanwhile."""
        if not values or not plan.has_form_for(values):
            return {}
        with self.lock.released():
            return forms.check(plan.forms, values)

    def _give(self, context: Context, session: Session, values: Values, responses: forms.Checked) -> None:
        """Check all *values*, and give the cards the accepted ones."""
        if values:
            accepted, submissions = self._accepted(context, session, values, responses)
            session.submissions = submissions
            card_runs.give(session.plan, session.card_runs, accepted)

    def _accepted(
        self, context: Context, session: Session, values: Values, responses: forms.Checked
    ) -> tuple[dict[str, str | None], forms.Submissions]:
        """Return the accepted values by card, and the new submissions of the session."""
        accepted: dict[str, str | None] = {}
        submissions = session.submissions
        last_of_each_card = {given["cardId"]: given for given in values}
        for card_id, given in last_of_each_card.items():
            step = session.plan.steps.get(card_id)
            if step is None:
                if context.options.strict:
                    version = f"Version {session.app_version} of app {session.app_id}"
                    raise ValidationException(f"{version} has no card {card_id}.")
                continue
            if not session.accepts_value(step):
                continue
            if "submissionMutation" in given:
                forms.require_append_mode(step.body)
            if step.kind == "formInput":
                submissions = forms.submit(
                    submissions,
                    card=step.body,
                    user_id=context.user_id,
                    given=given,
                    response=responses[card_id],
                    now=clock.now(),
                )
                accepted[card_id] = forms.summary(submissions, card_id)
                continue
            if step.kind == "fileUpload":
                uploaded = context.options.strict
                self.require_file(given["value"], session.app_id, session.id, uploaded=uploaded)
            accepted[card_id] = given["value"] or None
        return accepted, submissions

    def _drop(self, sessions: list[Session]) -> None:
        """Delete sessions with their files and exports in S3; `uploads` still lists the files."""
        for session in sessions:
            del self._sessions[session.id]
            self.note_deleted(session)
        ids = {session.id for session in sessions}
        keys = [upload.key for upload in self.uploads.values() if upload.session_id in ids]
        self.delete_objects(keys + [key for session in sessions for key in session.exports])


def _require_responses_accepted(context: Context, session: Session, values: Values) -> None:
    """Raise AccessDeniedException if a participant responds to a form and the session accepts no responses."""
    closed = context.user_id != session.owner and not session.sharing.accept_responses
    if closed and session.plan.has_form_for(values):
        raise AccessDeniedException(f"Session {session.id} does not accept responses.")


def _card_status(context: Context, session: Session) -> dict[str, dict[str, Any]]:
    status: dict[str, dict[str, Any]] = {
        card_id: {"currentState": run.state, "currentValue": run.value}
        for card_id, run in session.card_runs.items()
    }
    shown = session.submissions_shown_to(context.user_id)
    for card in session.plan.forms:
        # In AWS's example a COMPLETED form card has submissions and an empty value.
        status[card["id"]].update(
            currentValue="", submissions=[forms.shown(each) for each in shown if each.card_id == card["id"]]
        )
    return status
