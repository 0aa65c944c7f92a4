import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** What has to outlive the server. */
export const StoreOptionsSchema = Type.Object(
  {
    path: Type.String({
      default: './.millrace/store.db',
      minLength: 1,
      description:
        'File with what is declared while the server runs: labels, routes, rollouts and what they have seen, API keys, jobs. It is made when the ' +
        'first of that is written, by the only server that may write it.',
    }),
    maxSizeBytes: Type.Integer({
      default: 1_073_741_824,
      minimum: 1_048_576,
      description: 'The file grows no larger; what needs more is refused.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type StoreOptions = DeepReadonly<Static<typeof StoreOptionsSchema>>;
