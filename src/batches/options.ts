import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const DAY_MS = 86_400_000;

/** `batches` of the settings. Attempts of requests: `jobs`. */
export const BatchesOptionsSchema = Type.Object(
  {
    maxRunning: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 256,
      description: 'Batches that run at once. Where others wait, callers take turns.',
    }),
    maxRunningPerPrincipal: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 256,
      description: 'The same of one principal.',
    }),
    concurrency: Type.Integer({
      default: 32,
      minimum: 1,
      maximum: 4_096,
      description: 'Requests of one batch that run at once.',
    }),
    maxOpenPerPrincipal: Type.Integer({
      default: 100,
      minimum: 1,
      description: 'Batches of one principal that have not ended. More are refused with 429.',
    }),
    maxLines: Type.Integer({
      default: 1_000_000,
      minimum: 1,
      maximum: 10_000_000,
      description: 'Most requests of a batch.',
    }),
    maxLineBytes: Type.Integer({
      default: 8_388_608,
      minimum: 1_024,
      maximum: 268_435_456,
      description: 'Largest request of a batch. It counts as a request body (`server.maxBufferedBytes`) while it runs.',
    }),
    maxWindowMs: Type.Integer({
      default: 7 * DAY_MS,
      minimum: 1_000,
      maximum: 366 * DAY_MS,
      description: 'Longest `completion_window` that a caller may ask for.',
    }),
    checkpointLines: Type.Integer({
      default: 1_000,
      minimum: 1,
      description:
        'A batch writes a checkpoint after so many requests, or after a second; a batch that is interrupted continues there.',
    }),
    keepMs: Type.Integer({
      default: 30 * DAY_MS,
      minimum: 1_000,
      maximum: 366 * DAY_MS,
      description: 'A batch that has ended is removed so long after its end; its files have a time of their own.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type BatchesOptions = DeepReadonly<Static<typeof BatchesOptionsSchema>>;
