import { Call, type Events, type ModelRef, type Timing } from '../../src/core/index.js';
import { principalWith } from './principals.js';

export const REF: ModelRef = { name: 'mlp', version: 3, generation: 1 };

/** A call that went through every stage: 1 ms decode, 2 queue, 0.5 batch wait, 4 compute, 0.2 encode. */
export function finishedCall(timing: Partial<Timing> = {}, requestId = 'req-1'): Call {
  const call = new Call({
    requestId,
    principal: principalWith('anonymous'),
    trace: {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      parentSpanId: undefined,
      sampled: true,
      state: undefined,
    },
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 100,
  });
  Object.assign(call.timing, {
    decodedAt: 101,
    enqueuedAt: 102,
    dequeuedAt: 104,
    startedAt: 104.5,
    finishedAt: 108.5,
    computeInputMs: 0.5,
    computeInferMs: 3,
    computeOutputMs: 0.25,
    batchRows: 2,
    batchReason: 'idle',
    encodeMs: 0.2,
    ...timing,
  });
  return call;
}

/** A call that was refused before it reached a queue. */
export function refusedCall(requestId = 'req-1'): Call {
  return finishedCall(
    {
      decodedAt: 0,
      enqueuedAt: 0,
      dequeuedAt: 0,
      startedAt: 0,
      finishedAt: 0,
      computeInputMs: 0,
      computeInferMs: 0,
      computeOutputMs: 0,
      encodeMs: 0,
    },
    requestId,
  );
}

export function inferFinished(event: Partial<Events['inferFinished']> = {}): Events['inferFinished'] {
  return {
    call: finishedCall(),
    target: { name: REF.name, version: undefined },
    request: {
      id: '',
      inputs: [],
      outputs: undefined,
      parameters: {},
      priority: 0,
      queueTimeoutMs: undefined,
      sequence: undefined,
    },
    ref: REF,
    error: undefined,
    answered: event.error === undefined,
    rows: 2,
    epochMs: 1_750_000_000_000,
    ...event,
  };
}

/** What a model says of the tokens of a call for the first time. */
export function usageGrew(event: Partial<Events['usageGrew']> = {}): Events['usageGrew'] {
  return {
    ref: REF,
    call: finishedCall(),
    added: { promptTokens: 12, cachedTokens: 8, completionTokens: 1 },
    isFirst: true,
    sinceMs: undefined,
    ...event,
  };
}

export function batchFinished(event: Partial<Events['batchFinished']> = {}): Events['batchFinished'] {
  const batch = {
    instance: 'mlp/3#0',
    batchId: 1,
    members: [{ call: finishedCall() }],
    rows: 2,
    reason: 'idle',
  } as const;
  return { ref: REF, ...batch, computeMs: 4, error: undefined, ...event };
}

export function httpFinished(event: Partial<Events['httpFinished']> = {}): Events['httpFinished'] {
  return {
    method: 'POST',
    route: '/v2/models/{m}/infer',
    path: '/v2/models/mlp/infer',
    status: 200,
    requestBytes: 120,
    responseBytes: 80,
    remoteAddress: '127.0.0.1',
    durationMs: 9.25,
    call: finishedCall(),
    error: undefined,
    ...event,
  };
}

export function grpcFinished(event: Partial<Events['grpcFinished']> = {}): Events['grpcFinished'] {
  return {
    method: '/inference.GRPCInferenceService/ModelInfer',
    path: '/inference.GRPCInferenceService/ModelInfer',
    status: 0,
    requestMessages: 1,
    responseMessages: 1,
    requestBytes: 120,
    responseBytes: 80,
    remoteAddress: '127.0.0.1',
    durationMs: 9.25,
    call: finishedCall(),
    error: undefined,
    ...event,
  };
}
