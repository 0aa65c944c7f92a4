import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';

/** Photos and sounds that callers send as they are. */
export const MediaOptionsSchema = Type.Object(
  {
    decoders: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 64,
      description:
        'Processes that decode pictures, and as many that decode sounds; they start with the first model that takes such.',
    }),
    maxPixels: Type.Integer({
      default: 50_000_000,
      minimum: 1,
      description: 'Largest picture, width times height; larger ones are refused before they are decoded.',
    }),
    maxDurationMs: Type.Number({ default: 600_000, minimum: 1, description: 'Longest sound.' }),
    timeoutMs: Type.Number({
      default: 10_000,
      exclusiveMinimum: 0,
      description: 'A decoder that takes longer for one picture or sound is killed and restarted.',
    }),
    maxRssBytes: Type.Integer({
      default: 1_073_741_824,
      minimum: 1,
      description: 'Resident memory above which a decoder is killed.',
      'x-memory-share': 1 / 4,
    }),
  },
  { additionalProperties: false },
);

export type MediaOptions = DeepReadonly<Static<typeof MediaOptionsSchema>>;
