import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD } from '../../runtimes/index.js';
import { DatatypeSchema } from './tensor-config.js';

const strict = { additionalProperties: false } as const;

export const WarmupConfigSchema = Type.Object(
  {
    name: Type.String(BY_LOAD),
    batchSize: Type.Optional(Type.Integer({ ...BY_LOAD, minimum: 1, default: 1 })),
    count: Type.Optional(
      Type.Integer({ ...BY_LOAD, minimum: 1, maximum: 10_000, default: 1, description: 'Runs of the sample.' }),
    ),
    inputs: Type.Record(
      Type.String(),
      Type.Object(
        {
          datatype: Type.Optional(DatatypeSchema),
          shape: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), BY_LOAD)),
          data: Type.Union(
            [Type.Literal('zero'), Type.Literal('random'), Type.Object({ file: Type.String(BY_LOAD) }, strict)],
            BY_LOAD,
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);

export type WarmupConfig = Static<typeof WarmupConfigSchema>;
