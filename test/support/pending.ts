import type { Pending } from '../../src/engine/pending.js';
import { call, Outcome, request } from './engine-fixture.js';

let lastId = 0;

/** A request that waits, behind those made before it: of the tenant `a`, alone in its row. */
export function pending(fields: Partial<Pending> = {}): Pending {
  return {
    callId: ++lastId,
    request: request(1),
    checked: { inputs: [], rows: 1, sizeBytes: 10, shapeKey: '', outputs: undefined, generation: undefined },
    call: call(),
    sink: new Outcome(),
    sequence: undefined,
    failed: false,
    level: 1,
    tenant: 'a',
    weight: 1,
    charge: 1,
    rows: 1,
    cost: 10,
    affinityKey: undefined,
    shapeKey: '',
    enqueuedAt: 0,
    place: 'queued',
    ended: false,
    alone: false,
    movesOn: false,
    kills: 0,
    responses: 0,
    delayed: false,
    waitMs: Number.POSITIVE_INFINITY,
    expiry: undefined,
    moved: undefined,
    runner: undefined,
    credit: 32,
    waitsForReader: false,
    lastSignAt: 0,
    lastAnswerAt: 0,
    awaitedCalls: 0,
    awaitedSince: 0,
    before: undefined,
    behind: undefined,
    ...fields,
  };
}
