import { type ByteBudget, type InferRequest, MillraceError } from '../core/index.js';

/** How one priority level treats those who wait. */
export interface QueuePolicy {
  readonly maxRequests: number;
  /** 0 = no limit of its own. */
  readonly timeoutMs: number;
  readonly timeoutAction: 'reject' | 'delay';
  readonly allowTimeoutOverride: boolean;
}

/** Restarts further away than this refuse new requests instead of letting them wait. */
const MAX_RECOVERY_WAIT_MS = 1_000;
const RETRY_AFTER_MS = 1_000;

/** The level of a request: its own, the model's default for 0, the lowest there is for anything beyond. */
export function chooseLevel(priority: number, levels: number, defaultLevel: number): number {
  return priority === 0 ? defaultLevel : Math.min(priority, levels);
}

/** Longest time in the queue; the smaller of the policy's and the request's own. Infinity = no limit. */
export function queueTimeoutMs(policy: QueuePolicy, request: InferRequest): number {
  const own = policy.allowTimeoutOverride ? (request.queueTimeoutMs ?? 0) : 0;
  const limits = [policy.timeoutMs, own].filter((limit) => limit > 0);
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** Why a full queue refuses. */
export function queueFull(label: string, policy: Pick<QueuePolicy, 'maxRequests'>): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    `the queue of model '${label}' is full: ${policy.maxRequests} requests are waiting; try again later`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** Why a full byte budget refuses. */
export function bytesFull(full: ByteBudget, sizeBytes: number): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    `${full.owner} has too much data in flight for ${sizeBytes} more bytes: ` +
      `${full.usedBytes} of ${full.maxBytes} bytes are taken; try again later`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** Why a request that waited too long is refused. */
export function queueTimedOut(label: string, timeoutMs: number): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    `the request waited longer than its ${timeoutMs} ms in the queue of model '${label}'; try again later`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** The refusal while every instance is down and the next start is far away; undefined when waiting is worthwhile. */
export function refuseWhileDown(label: string, recoveryMs: number, reason: string): MillraceError | undefined {
  if (recoveryMs <= MAX_RECOVERY_WAIT_MS) return undefined;
  return new MillraceError(
    'unavailable',
    `model '${label}' is down (${reason}) and starts again in ${Math.ceil(recoveryMs / 1000)} s`,
    { retryAfterMs: recoveryMs },
  );
}
