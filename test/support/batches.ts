import type { NumberedBatch } from '../../src/store/index.js';

/** A batch that has just been created. */
export function batchRecord(changes: Partial<NumberedBatch> = {}): NumberedBatch {
  return {
    number: 1,
    id: 'batch_1',
    owner: 'key:anne',
    principal: 'anne',
    identity: JSON.stringify({ kind: 'key', name: 'anne', ownerId: 'key:anne', groups: [] }),
    endpoint: '/v2/models/m/infer',
    window: '24h',
    inputFile: 'file-in',
    inputContent: 'content-in',
    objects: undefined,
    metadata: undefined,
    outputKeepMs: 1_000,
    createdAtMs: 0,
    expiresAtMs: 86_400_000,
    state: 'validating',
    times: {},
    problems: [],
    checkpoint: {
      lines: 0,
      inputBytes: 0,
      outputBytes: 0,
      errorBytes: 0,
      total: 0,
      completed: 0,
      failed: 0,
      usage: undefined,
    },
    outputContent: undefined,
    errorContent: undefined,
    outputFile: undefined,
    errorFile: undefined,
    removeAtMs: undefined,
    ...changes,
  };
}
