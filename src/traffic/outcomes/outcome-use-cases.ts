import { type CallContext, type Clock, type EventBus, invalidArgument, MillraceError } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import type { FoundAnswer, NotedAnswer, OutcomeRecords } from '../../store/index.js';
import type { RouteTable } from '../routes/route-table.js';
import type { RouteTap } from '../routes/route-taps.js';
import { unknownRoute } from '../routes/unknown-route.js';
import { AnswerNotes } from './answer-notes.js';
import { reportOf } from './report.js';
import type { Feedback, JoinedOutcome, OutcomeUseCases } from './types.js';

export interface OutcomesSetup {
  readonly records: OutcomeRecords;
  readonly routes: RouteTable;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Outcomes of answers: noting answers, joining outcomes to them, reporting. */
export interface Outcomes {
  readonly useCases: OutcomeUseCases;
  /** Notes the answers of routes that collect outcomes. */
  readonly tap: RouteTap;
  /** Calls `listener` with each outcome once it is stored; returns what ends that. */
  onJoined(listener: (joined: JoinedOutcome) => void): () => void;
  /** Notes what waits to be noted. */
  close(): Promise<void>;
}

export function createOutcomes({ records, routes, clock, events }: OutcomesSetup): Outcomes {
  const listeners = new Set<(joined: JoinedOutcome) => void>();
  const tell = (joined: JoinedOutcome): JoinedOutcome => {
    for (const listener of listeners) listener(joined);
    return joined;
  };
  const onMissing = (answers: readonly NotedAnswer[]) => {
    for (const answer of answers) tell(joinedOf(answer, answer.missing ?? 0));
  };
  const notes = new AnswerNotes({ records, clock, events, onMissing });
  const useCases: OutcomeUseCases = {
    async give(call, feedback) {
      const { requestId } = feedback;
      const principal = askerOf(call, feedback);
      const atMs = clock.wallNow();
      const answer = principal === undefined ? undefined : await notes.find(principal, requestId);
      if (principal === undefined || answer === undefined || answer.expiresAtMs <= atMs) throw unknown(requestId);
      if (!maySpeakOf(answer, call, feedback)) throw unknown(requestId);
      const value = checkedValue(feedback, answer);
      const outcome = answer.value === undefined ? await records.join({ principal, requestId, value, atMs }) : 'used';
      if (outcome === 'unknown') throw unknown(requestId);
      if (outcome === 'used') {
        throw new MillraceError('already_exists', `the outcome of request '${requestId}' has been told before`);
      }
      return tell(joinedOf(answer, value));
    },
    async report(call, name, baseline) {
      const unknown = () => unknownRoute(routes, call.principal, name);
      admit(call.principal, 'outcome.read', { name, isOwn: true, unknown });
      await notes.flush();
      // Outcomes are reported also where the store can only be read.
      await notes.expire().catch(() => undefined);
      const arms = await records.ofRoute(name);
      const route = routes.find({ name, version: undefined });
      if (arms.length === 0) {
        if (route === undefined) throw unknown();
        if (route.outcomes === undefined) {
          throw new MillraceError('failed_precondition', `route '${name}' collects no outcomes: give it \`outcomes\``);
        }
      }
      const first = baseline ?? route?.arms[0]?.name ?? arms[0]?.arm;
      return reportOf({
        route: name,
        arms,
        baseline: first,
        droppedAnswers: notes.dropped,
        isAsked: baseline !== undefined,
      });
    },
  };
  return {
    useCases,
    tap: notes,
    onJoined(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => notes.flush(),
  };
}

/** Whose request it was; undefined where the caller may not speak of it. */
function askerOf(call: CallContext, { principal }: Feedback): string | undefined {
  if (call.principal.rights.allow('feedback.relay', '*')) return principal ?? call.principal.name;
  admit(call.principal, 'feedback.give', '');
  return principal === undefined || principal === call.principal.name ? call.principal.name : undefined;
}

/** A revoked key of the same name is another owner. Callers who relay feedback name a principal, not an owner. */
function maySpeakOf({ ownerId }: FoundAnswer, { principal }: CallContext, feedback: Feedback): boolean {
  if (ownerId === undefined || ownerId === principal.ownerId) return true;
  return feedback.principal !== undefined && principal.rights.allow('feedback.relay', '*');
}

/** The same error for missing answers and for answers of other callers. */
function unknown(requestId: string): MillraceError {
  const why =
    'expected the x-request-id of a request of yours that a route with `outcomes` has answered, within its `windowMs`';
  return new MillraceError('not_found', `there is no answer to request '${requestId}': ${why}`);
}

function checkedValue(feedback: Feedback, answer: FoundAnswer): number {
  const { value } = feedback;
  const { kind, low, high, route } = answer;
  if (kind === 'label') return isRightClass(feedback, answer) ? 1 : 0;
  if (kind === 'binary') {
    if (value === true || value === 1) return 1;
    if (value === false || value === 0) return 0;
    throw invalidArgument(`value: expected true, false, 1 or 0, as outcomes of route '${route}' are, got ${value}`);
  }
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw invalidArgument(
    `value: expected a number from ${low} to ${high}, as outcomes of route '${route}' are, got ${value}`,
  );
}

function isRightClass({ requestId, value }: Feedback, { answeredClass, model, version }: FoundAnswer): boolean {
  if (answeredClass === undefined) {
    const message = `the answer to request '${requestId}' has no class that a label could be compared with: '${model}/${version}' gives none`;
    throw new MillraceError('failed_precondition', message);
  }
  if (typeof value !== 'string' && !Number.isInteger(Number(answeredClass))) {
    throw invalidArgument(`value: expected a label, as answers of '${model}/${version}' have, got ${value}`);
  }
  return answeredClass === (typeof value === 'boolean' ? String(Number(value)) : String(value));
}

function joinedOf(answer: NotedAnswer, value: number): JoinedOutcome {
  const { route, arm, model, version, answeredAtMs, share: armShare, key, low, high, better } = answer;
  const share = (value - low) / (high - low);
  return {
    route,
    arm,
    model,
    version,
    answeredAtMs,
    share: armShare,
    key,
    value,
    scaled: better === 'higher' ? share : 1 - share,
  };
}
