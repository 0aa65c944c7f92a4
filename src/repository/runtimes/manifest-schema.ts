import { Type } from '@sinclair/typebox';
import { MODEL_TASKS } from '../../core/index.js';
import { CONTRACT_VERSION } from '../../runtimes/index.js';

const strict = { additionalProperties: false } as const;
const method = Type.Optional(Type.Function([], Type.Unknown()));
const texts = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 });

/** The shape of a runtime's manifest, for those that come from outside. */
export const ManifestSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    contractVersion: Type.Literal(CONTRACT_VERSION),
    tasks: Type.Optional(Type.Array(Type.Union(MODEL_TASKS.map((task) => Type.Literal(task))))),
    prepares: Type.Optional(Type.Boolean()),
    files: Type.Optional(
      Type.Object(
        {
          endings: texts,
          names: Type.Optional(texts),
          noun: Type.Optional(Type.String({ minLength: 1 })),
          yields: Type.Optional(Type.Boolean()),
          code: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
    ),
    options: Type.Optional(Type.Unknown()),
    placements: Type.Optional(
      Type.Array(Type.Union([Type.Literal('process'), Type.Literal('inline')]), { minItems: 1 }),
    ),
    placementReason: Type.Optional(Type.String()),
    nodeOptions: Type.Optional(Type.String({ minLength: 1 })),
    environment: Type.Optional(Type.Record(Type.String(), Type.String())),
    triton: Type.Optional(
      Type.Object(
        {
          backends: texts,
          platforms: Type.Optional(texts),
          shownAs: Type.Optional(Type.String()),
          decoupled: Type.Optional(Type.Boolean()),
          block: Type.Optional(Type.String()),
          fromTriton: method,
          toTriton: method,
        },
        strict,
      ),
    ),
    module: Type.Optional(Type.Unknown()),
    optionDefaults: method,
    configProblem: method,
    composes: method,
  },
  strict,
);
