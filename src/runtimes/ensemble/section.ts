import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD } from '../by-load.js';

const tensorMap = (description: string) =>
  Type.Record(Type.String({ minLength: 1 }), Type.String({ minLength: 1 }), { ...BY_LOAD, description });

/** The section of a model configuration. */
export const EnsembleSchema = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        {
          model: Type.String({
            ...BY_LOAD,
            minLength: 1,
            description: 'Another model of the server; it may be an ensemble too.',
          }),
          version: Type.Optional(
            Type.Integer({ ...BY_LOAD, minimum: 1, description: 'Default: the one that the version policy chooses.' }),
          ),
          inputs: tensorMap("The ensemble's tensor for each input of the model: `{ x: mid }` reads `mid` as `x`."),
          outputs: tensorMap("The ensemble's tensor for outputs of the model: `{ y: mid }` makes `mid` of `y`."),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, description: 'In any order: a step runs as soon as all that it reads is there.' },
    ),
  },
  { additionalProperties: false },
);

/** The `ensemble` section as written. */
export type EnsembleConfig = Static<typeof EnsembleSchema>;
