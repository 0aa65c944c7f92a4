import { type Clock, MillraceError, toMillraceError } from '../core/index.js';
import type { StoredIdentity } from '../governance/index.js';
import type { BatchRecord } from '../store/index.js';
import {
  type AnswerRequest,
  isSuspect,
  missedLimit,
  type RanRequest,
  type RetryPolicy,
  retryOf,
  retryWaitMs,
} from '../stored-requests/index.js';
import type { LineOutcome } from './line-result.js';
import type { LineRequest } from './parse-line.js';
import type { PausedModels } from './types.js';

/** As jobs have it. */
export interface AttemptPolicy extends RetryPolicy {
  readonly runTimeoutMs: number;
  readonly identityMaxAgeMs: number;
}

export interface RunLineSetup {
  readonly answer: AnswerRequest;
  readonly policy: AttemptPolicy;
  readonly clock: Clock;
  readonly paused: Pick<PausedModels, 'has'>;
}

/** The model of a request is paused: it has not run. */
export class ModelPaused extends MillraceError {
  readonly model: string;

  constructor(model: string) {
    super('unavailable', `model '${model}' is paused: 'millrace jobs resume ${model}' goes on`);
    this.name = 'ModelPaused';
    this.model = model;
  }
}

/** Runs a request of a batch until it has an outcome. Rejects with the reason of the signal, and with {@link ModelPaused}. */
export type RunLine = (request: LineRequest, requestId: string, signal: AbortSignal) => Promise<LineOutcome>;

const NOT_RUN = { hasRun: false, diedWithOthers: false } as const;

interface Attempt {
  readonly requestId: string;
  /** An earlier one may have brought its runner down. */
  readonly runsAlone: boolean;
  readonly signal: AbortSignal;
}

export function createRunLine({ answer, policy, clock, paused }: RunLineSetup, batch: BatchRecord): RunLine {
  // It was written by `storedIdentityOf`.
  const identity = JSON.parse(batch.identity) as StoredIdentity;
  const attempt = async (request: LineRequest, { requestId, runsAlone, signal }: Attempt): Promise<RanRequest> => {
    const age = { createdAtMs: batch.createdAtMs, nowMs: clock.wallNow(), maxAgeMs: policy.identityMaxAgeMs };
    const missed = missedLimit(identity, age);
    if (missed !== undefined) {
      throw new MillraceError('unauthenticated', `the request of '${batch.principal}' did not run ${missed}`);
    }
    let refusal: ModelPaused | undefined;
    const checkModel = (model: string) => {
      if (!paused.has(model)) return;
      refusal = new ModelPaused(model);
      throw refusal;
    };
    const ran = await answer(
      {
        method: 'POST',
        url: batch.endpoint,
        headers: { 'content-type': 'application/json', 'x-request-id': requestId },
        body: request.body,
      },
      {
        identity,
        priority: 'background',
        limitMs: policy.runTimeoutMs,
        signal,
        refusesStreams: true,
        runsAlone,
        checkModel,
      },
    );
    // Its answer says so in the words of its protocol.
    if (refusal !== undefined) throw refusal;
    return ran;
  };
  return async (request, requestId, signal) => {
    const startedAt = clock.now();
    let runsAlone = false;
    for (let attempts = 1; ; ) {
      const how = { requestId, runsAlone, signal };
      const ended = await attempt(request, how).catch((error: unknown) => toMillraceError(error));
      signal.throwIfAborted();
      if (ended instanceof ModelPaused) throw ended;
      const error = ended instanceof MillraceError ? ended : ended.error;
      if (error === undefined) return outcomeOf(ended);
      const { hasRun, diedWithOthers } = ended instanceof MillraceError ? NOT_RUN : ended;
      const failure = { code: error.code, hasRun, diedWithOthers };
      const retry = retryOf(failure, attempts, policy);
      if (retry === 'never') return outcomeOf(ended);
      runsAlone ||= isSuspect(failure);
      const atLeastMs = error.retryAfterMs ?? 0;
      const counts = retry === 'again';
      const waited = { attempts, counts, ageMs: clock.now() - startedAt, random: Math.random(), atLeastMs };
      await clock.sleep(retryWaitMs(waited, policy), signal);
      signal.throwIfAborted();
      if (counts) attempts++;
    }
  };
}

function outcomeOf(ended: RanRequest | MillraceError): LineOutcome {
  if (ended instanceof MillraceError) return { kind: 'failed', code: ended.code, message: ended.message };
  return { kind: 'answered', answer: ended.answer, usage: ended.usage };
}
