import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Where models come from and who decides what is loaded. */
export const RepositoryOptionsSchema = Type.Object(
  {
    paths: Type.Array(Type.String({ 'x-path': true }), {
      default: ['./models'],
      description:
        'Model repositories, in order of precedence: a name found in several is served from the first. Folders, or files `*.config` ' +
        "that list models as TensorFlow Serving's do.",
      'x-flag': '--model-repository',
    }),
    controlMode: Type.Union([Type.Literal('none'), Type.Literal('poll'), Type.Literal('explicit')], {
      default: 'none',
      description:
        '`none`: load everything at start. `poll`: follow changes on disk. `explicit`: load and unload over the network.',
      'x-flag': '--model-control-mode',
    }),
    pollIntervalMs: Type.Number({
      default: 15_000,
      minimum: 100,
      description: 'Time between two scans in `poll` mode.',
      'x-flag': '--repository-poll-secs',
      'x-flag-scale': 1_000,
    }),
    emptyAfterMs: Type.Number({
      default: 60_000,
      minimum: 0,
      description:
        'In `poll` mode, models of a repository in which nothing is left to serve are unloaded once that has lasted this long; 0 = at once. ' +
        'A repository that cannot be read unloads nothing, however long that lasts.',
    }),
    loadModels: Type.Array(Type.String(), {
      default: [],
      description: 'Models to load at start in `explicit` mode; `*` = all.',
      'x-flag': '--load-model',
    }),
    configName: Type.String({
      default: '',
      description:
        'A model that has `configs/<name>.yaml`, `.yml` or `.pbtxt` in its folder is served with that in place of its usual ' +
        "configuration; '' = the usual one.",
      'x-flag': '--model-config-name',
    }),
    modelName: Type.String({
      default: '',
      description:
        'Name of the model that a repository is itself: it has a configuration, numeric version folders or a model file, as KServe and others ' +
        "mount one; '' = the name of the folder, or that of the model file.",
      'x-flag': '--model-name',
    }),
    strict: Type.Boolean({
      default: false,
      description: 'The server ends if a model does not load.',
      'x-flag': '--strict',
    }),
    stableMs: Type.Number({
      default: 1_000,
      minimum: 0,
      description: 'A version is loaded once its files have not changed for this long (half-copied files).',
    }),
  },
  { additionalProperties: false },
);

export type RepositoryOptions = DeepReadonly<Static<typeof RepositoryOptionsSchema>>;
