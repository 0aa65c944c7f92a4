import { type Static, Type } from '@sinclair/typebox';

/** Where models come from and who decides what is loaded. */
export const RepositoryOptionsSchema = Type.Object(
  {
    paths: Type.Array(Type.String(), {
      default: ['./models'],
      description:
        'Model repositories, in order of precedence: a name found in several is served from the first. ' +
        'Flag `--model-repository`, repeatable.',
    }),
    controlMode: Type.Union([Type.Literal('none'), Type.Literal('poll'), Type.Literal('explicit')], {
      default: 'none',
      description:
        '`none`: everything found at start. `poll`: follow changes on disk. `explicit`: load and unload over the network.',
    }),
    pollIntervalMs: Type.Number({
      default: 15_000,
      minimum: 100,
      description: 'Time between two looks in `poll` mode.',
    }),
    loadModels: Type.Array(Type.String(), {
      default: [],
      description: 'Models to load at start in `explicit` mode; `*` = all. Flag `--load-model`, repeatable.',
    }),
    strict: Type.Boolean({ default: false, description: 'A model that does not load ends the server.' }),
    stableMs: Type.Number({
      default: 1_000,
      minimum: 0,
      description: 'A version is loaded once its files have not changed for this long (half-copied files).',
    }),
  },
  { additionalProperties: false },
);

export type RepositoryOptions = Static<typeof RepositoryOptionsSchema>;
