import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Runner processes. */
export const RunnerOptionsSchema = Type.Object(
  {
    maxRssBytes: Type.Integer({
      default: 0,
      minimum: 0,
      description:
        'Resident memory above which a runner is killed, unless its model says otherwise; 0 = 4 GiB or half of the memory, whichever is less, and more for models whose files need more ([sizing](sizing.md#the-limit-of-a-runner)).',
    }),
    memoryPollIntervalMs: Type.Number({
      default: 500,
      minimum: 50,
      description: 'How often the memory of the runners is read.',
    }),
    closeTimeoutMs: Type.Number({
      default: 5_000,
      minimum: 0,
      description: 'How long a runner may take to close its models and end before it is killed.',
    }),
    runtimes: Type.Array(Type.String({ 'x-path': true }), {
      default: [],
      description:
        'Modules of runtimes besides those that millrace brings along; the default export of each is its manifest.',
      'x-flag': '--runtime',
    }),
    llamaLibrary: Type.String({
      default: '',
      description: "Folder with libllama and libggml for language models; '' = that of the npm package.",
      'x-path': true,
      'x-flag': '--llama-library',
    }),
    entry: Type.String({
      default: '',
      description: "JavaScript file that runner processes start; '' = the package's own. For bundled applications.",
      'x-path': true,
    }),
  },
  { additionalProperties: false },
);

export type RunnerOptions = DeepReadonly<Static<typeof RunnerOptionsSchema>>;
