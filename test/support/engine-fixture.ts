import {
  bytesOf,
  Call,
  type InferRequest,
  type InferResponse,
  type MillraceError,
  type Principal,
} from '../../src/core/index.js';
import type { EngineOptions, Sink } from '../../src/engine/index.js';
import { LOCAL_OPERATOR } from '../../src/governance/index.js';
import type { Description } from '../../src/runtimes/index.js';

/** `x FP32[-1,2] → y FP32[-1,2]`, pure. */
export const IDENTITY: Description = {
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false }],
  },
  pure: true,
  batchInvariant: true,
  decoupled: false,
  stateful: false,
  concurrency: 1,
  needsEventLoop: false,
  wantsContext: false,
  textOnly: false,
  platform: 'fake',
};

/** A request for the identity model; row i holds `[value, i]`. */
export function request(value: number, options: Partial<InferRequest> & { readonly rows?: number } = {}): InferRequest {
  const { rows = 1, ...fields } = options;
  const data = new Float32Array(rows * 2);
  for (let row = 0; row < rows; row++) data.set([value, row], row * 2);
  return {
    id: `r${value}`,
    inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data: bytesOf(data) }],
    outputs: undefined,
    parameters: {},
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: undefined,
    ...fields,
  };
}

/** A call of a principal. */
export function callOf(principal: Principal): Call {
  const deadlineAt = Number.POSITIVE_INFINITY;
  return new Call({ requestId: 'test', principal, trace: undefined, deadlineAt, receivedAt: 1_000 });
}

export function call(deadlineAt = Number.POSITIVE_INFINITY, receivedAt = 1_000): Call {
  return new Call({ requestId: 'test', principal: LOCAL_OPERATOR, trace: undefined, deadlineAt, receivedAt });
}

/** Collects what comes of a request. */
export class Outcome implements Sink {
  readonly responses: InferResponse[] = [];
  error: MillraceError | undefined;
  ends = 0;

  onResponse(response: InferResponse): void {
    if (this.ends > 0) throw new Error('an answer came after the end');
    this.responses.push(response);
  }

  onEnd(error: MillraceError | undefined): void {
    this.ends++;
    this.error = error;
  }

  /** `ok`, the error's code, or `pending`. */
  get kind(): string {
    if (this.ends === 0) return 'pending';
    return this.error?.code ?? 'ok';
  }

  /** First value of every row of output `y`. */
  get values(): readonly number[] {
    const tensor = this.responses[0]?.outputs.find(({ name }) => name === 'y');
    if (tensor === undefined) return [];
    const copy = tensor.data.slice();
    return [...new Float32Array(copy.buffer)].filter((_, index) => index % 2 === 0);
  }
}

/** Small limits, and no restart far away. */
export const ENGINE_OPTIONS: EngineOptions = {
  defaultMaxBatchSize: 8,
  maxInFlightBytes: 1_000_000,
  maxInstances: 10,
  loadConcurrency: 2,
  loadRetries: 0,
  restartBackoffMs: 100,
  maxRestartBackoffMs: 1_000,
  prefetchBelowMs: 0,
  fairness: 'principal',
  rateLimit: 'off',
  rateLimitResources: [],
  responseCacheBytes: 65_536,
  cacheFolder: '',
};
