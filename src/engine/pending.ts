import type { Call, FairItem, InferRequest, Tenant, Tensor, Timer } from '../core/index.js';
import { type CostUnit, type Instance, STREAM_CREDIT } from '../runtimes/index.js';
import type { CheckedRequest } from './check-request.js';
import { chargeOf } from './fairness/fair-share.js';
import type { Candidate } from './plan-batch.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import type { Sequence } from './sequences/sequence.js';
import type { GrantCredit, Sink, Submission, Suspect } from './types.js';

/** Where an accepted request is. `gone`: in no queue and no batch any more. */
export type PendingPlace = 'queued' | 'executing' | 'gone';

/** One accepted request, from admission until no batch computes for it any more. */
export interface Pending extends Candidate, FairItem<Pending> {
  readonly request: InferRequest;
  readonly checked: CheckedRequest;
  readonly call: Call;
  readonly sink: Sink;
  /** What it has in common with others that are cheaper at the same instance; undefined = nothing. */
  readonly affinityKey: string | undefined;
  /** The sequence that it is a step of. */
  readonly sequence: Sequence | undefined;
  /** Its answer was an error. */
  failed: boolean;
  /** Priority level, 1 = highest. */
  readonly level: number;
  place: PendingPlace;
  /** The caller has its end: an answer, an error or its own cancellation. */
  ended: boolean;
  /** It runs by itself: it was in a batch that failed as a whole or lost its runner, here or at an earlier attempt of its caller. */
  alone: boolean;
  /** Something else runs it where no instance is up. */
  movesOn: boolean;
  /** Runners that died while executing it. */
  kills: number;
  /** Answers already passed on; a request that has some is never run again. */
  responses: number;
  /** Its time in the queue is over and the policy put it behind the others of its level. */
  delayed: boolean;
  /** How long it may wait from its arrival on; Infinity = as long as its call does. */
  waitMs: number;
  expiry: Timer | undefined;
  /** Takes what its reader grants once another generation has it; undefined = it is still here. */
  moved: GrantCredit | undefined;
  /** The instance that its batch was sent to last. */
  runner: Instance | undefined;
  /** Answers for which its reader has room; counted for decoupled models only. */
  credit: number;
  /** There was no room for more since its last answer: the time to the next one is its reader's. */
  waitsForReader: boolean;
  /** Clock time of its last answer, grant, or call of another model; 0 = none. */
  lastSignAt: number;
  /** Clock time of its last answer as a stream; 0 = none. */
  lastAnswerAt: number;
  /** How many calls of other models on its behalf have been asked for an answer that has not come. */
  awaitedCalls: number;
  /** Since when, where there are any. */
  awaitedSince: number;
}

/** What another generation or version has to know of a request that moves there; undefined = nothing. */
export function suspectOf({ alone, kills }: Pick<Pending, 'alone' | 'kills'>): Suspect | undefined {
  return alone ? { kills } : undefined;
}

/** What admission found out about a request. */
export interface Admission {
  readonly callId: number;
  readonly checked: CheckedRequest;
  readonly level: number;
  readonly tenant: Tenant;
  /** Clock time. */
  readonly now: number;
  readonly sequence: Sequence | undefined;
  readonly limits: Pick<SchedulerLimits, 'costUnit' | 'affinity'>;
}

/** A request that goes into the queue. */
export function createPending(
  { request, call, sink, suspect, movesOn = false }: Submission,
  admission: Admission,
): Pending {
  const { callId, checked, level, tenant, now, sequence, limits } = admission;
  const cost = batchCost(checked, limits.costUnit);
  return {
    callId,
    request,
    checked,
    call,
    sink,
    sequence,
    failed: false,
    level,
    tenant: tenant.name,
    weight: tenant.weight,
    charge: chargeOf({ rows: checked.rows, cost, costUnit: limits.costUnit }, tenant),
    rows: checked.rows,
    cost,
    affinityKey: limits.affinity ? affinityKeyOf(call, checked.inputs) : undefined,
    shapeKey: checked.shapeKey,
    enqueuedAt: now,
    place: 'queued',
    ended: false,
    alone: suspect !== undefined || call.origin.runsAlone,
    movesOn,
    kills: suspect?.kills ?? 0,
    responses: 0,
    delayed: false,
    waitMs: Number.POSITIVE_INFINITY,
    expiry: undefined,
    moved: undefined,
    runner: undefined,
    credit: STREAM_CREDIT,
    waitsForReader: false,
    lastSignAt: 0,
    lastAnswerAt: 0,
    awaitedCalls: 0,
    awaitedSince: 0,
    before: undefined,
    behind: undefined,
  };
}

/** Bytes of text that make about one token, where nobody has counted: few, so that batches come out too small at worst. */
const BYTES_PER_TOKEN = 3;

/** What a request costs in a batch: what its preparer says, or its bytes, or the tokens that these make by estimate. */
function batchCost({ sizeBytes, prepared }: Pick<CheckedRequest, 'sizeBytes' | 'prepared'>, unit: CostUnit): number {
  if (prepared !== undefined) return prepared.cost;
  switch (unit) {
    case 'bytes':
      return sizeBytes;
    case 'tokens':
      return Math.ceil(sizeBytes / BYTES_PER_TOKEN);
    default:
      return unit satisfies never;
  }
}

/** How much of a request two must have in common for one to be cheaper where the other was. */
const PREFIX_BYTES = 256;
/** BYTES elements begin with their length. */
const LENGTH_BYTES = 4;

/**
 * What a request has in common with others that are cheaper where it was: the key that its caller gives, else the beginning
 * of its first input. undefined = nothing.
 */
export function affinityKeyOf({ routingKey }: Pick<Call, 'routingKey'>, inputs: readonly Tensor[]): string | undefined {
  if (routingKey !== undefined) return `key:${routingKey}`;
  const [first] = inputs;
  if (first === undefined) return undefined;
  const start = first.datatype === 'BYTES' ? LENGTH_BYTES : 0;
  const { buffer, byteOffset, byteLength } = first.data;
  const sizeBytes = Math.max(0, Math.min(PREFIX_BYTES, byteLength - start));
  return `prefix:${Buffer.from(buffer, byteOffset + start, sizeBytes).toString('latin1')}`;
}
