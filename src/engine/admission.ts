import {
  type ByteBudget,
  type Call,
  type CallPriority,
  type InferRequest,
  type Message,
  MillraceError,
  msg,
  wordingOf,
} from '../core/index.js';
import type { Suspect } from './types.js';

/** How one priority level treats those who wait. */
export interface QueuePolicy {
  readonly maxRequests: number;
  /** 0 = no limit of its own. */
  readonly timeoutMs: number;
  readonly timeoutAction: 'reject' | 'delay';
  readonly allowTimeoutOverride: boolean;
}

/** No instance of a model is up. */
export interface Outage {
  /** Why the last one went, or could not be brought back. */
  readonly reason: string | Message;
  /** Since the last one went. */
  readonly downMs: number;
  /** Until the next attempt to bring one back; 0 = it is under way. */
  readonly recoveryMs: number;
}

/** Restarts further away than this refuse requests instead of letting them wait. */
const MAX_RECOVERY_WAIT_MS = 1_000;
/** Longest time for which requests wait for an instance to come back, however long it takes to load. */
export const MAX_OUTAGE_WAIT_MS = 10_000;
/** Longest wait of requests that come without a deadline, as those of streams may. */
const MAX_WAIT_MS = 600_000;
const RETRY_AFTER_MS = 1_000;

/** The priority levels of a model. */
export interface Levels {
  readonly policies: { readonly length: number };
  readonly defaultLevel: number;
}

/**
 * The level of a request: its own, the model's default for 0, the lowest there is for anything beyond. The background has a level of its
 * own below all of them.
 */
export function chooseLevel(asked: number, { policies, defaultLevel }: Levels, priority: CallPriority): number {
  if (priority === 'background') return policies.length + 1;
  return asked === 0 ? defaultLevel : Math.min(asked, policies.length);
}

/** Longest time in the queue; the smaller of the policy's and the request's own. Infinity = no limit. */
export function queueTimeoutMs(policy: QueuePolicy, request: InferRequest): number {
  const own = policy.allowTimeoutOverride ? (request.queueTimeoutMs ?? 0) : 0;
  const limits = [policy.timeoutMs, own].filter((limit) => limit > 0);
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** Longest wait of a request whatever its policy says; Infinity = its deadline ends it. */
export function longestWaitMs({ deadlineAt }: Pick<Call, 'deadlineAt'>): number {
  return deadlineAt === Number.POSITIVE_INFINITY ? MAX_WAIT_MS : Number.POSITIVE_INFINITY;
}

/** Why a full queue refuses. */
export function queueFull(mention: Message, policy: Pick<QueuePolicy, 'maxRequests'>): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    msg`the queue of ${mention} is full: ${policy.maxRequests} requests are waiting; try again later`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** Why a full byte budget refuses. */
export function bytesFull(full: ByteBudget, sizeBytes: number): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    msg`${full.owner} has too much data in flight for ${sizeBytes} more bytes: ${full.usedBytes} of ${full.maxBytes} bytes are taken; try again later`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** Why a request that waited too long is refused. */
export function queueTimedOut(mention: Message, timeoutMs: number): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    msg`the request waited longer than its ${timeoutMs} ms in the queue of ${mention}; try again later`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** The refusal while no instance is up; undefined when one is, or waiting for it is worthwhile. `movesOn`: for who need not wait. */
export function refuseWhileDown(
  mention: Message,
  outage: Outage | undefined,
  movesOn = false,
): MillraceError | undefined {
  if (outage === undefined) return undefined;
  const { reason, downMs, recoveryMs } = outage;
  const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`;
  const down = (text: Message, retryAfterMs: number) =>
    new MillraceError('unavailable', msg`${mention} ${text}`, { retryAfterMs });
  if (recoveryMs > MAX_RECOVERY_WAIT_MS) {
    return down(msg`is down (${reason}) and starts again in ${seconds(recoveryMs)}`, recoveryMs);
  }
  if (movesOn) return down(msg`is down (${reason}) and is being started again`, RETRY_AFTER_MS);
  if (downMs < MAX_OUTAGE_WAIT_MS) return undefined;
  return down(msg`has been down for ${seconds(downMs)} (${reason}); try again later`, RETRY_AFTER_MS);
}

/** No instance is up, and the request may run elsewhere: nothing of it has run, or it may run again. */
export class ModelDownError extends MillraceError {
  /** To be submitted with it. */
  readonly suspect: Suspect | undefined;

  constructor(down: MillraceError, suspect: Suspect | undefined) {
    const { retryAfterMs } = down;
    super('unavailable', wordingOf(down), retryAfterMs === undefined ? {} : { retryAfterMs });
    this.name = 'ModelDownError';
    this.suspect = suspect;
  }
}
