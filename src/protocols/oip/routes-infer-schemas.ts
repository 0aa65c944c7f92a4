import { Type } from '@sinclair/typebox';
import { DATATYPES } from '../../core/index.js';

const Parameters = (description: string) =>
  Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), { description }),
  );

const SHARED_MEMORY = '`shared_memory_region`, `shared_memory_byte_size`, `shared_memory_offset`';

const Datatype = Type.Union(DATATYPES.map((name) => Type.Literal(name)));
const Shape = Type.Array(Type.Integer({ minimum: 0 }));
const Data = Type.Array(Type.Unknown(), { description: 'Row-major; flat, or nested as the shape says.' });

/** Documents the body of an infer request; the decoder does the checking, as it has to be much faster than a validator. */
export const InferRequestSchema = Type.Object({
  id: Type.Optional(Type.String({ description: 'Echoed in the answer.' })),
  parameters: Parameters('`priority`, `timeout` (µs in the queue), `binary_data_output`; others go to the model.'),
  inputs: Type.Array(
    Type.Object({
      name: Type.String(),
      shape: Shape,
      datatype: Datatype,
      parameters: Parameters(
        `\`binary_data_size\`: bytes of the tensor behind the JSON, in place of \`data\`; ${SHARED_MEMORY}: where it lies instead.`,
      ),
      data: Type.Optional(Data),
    }),
  ),
  outputs: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        parameters: Parameters(
          `\`binary_data\`: as bytes behind the JSON; \`classification\`: the top classes only; ${SHARED_MEMORY}: where to write it instead.`,
        ),
      }),
      { description: 'Requested outputs; all if missing or empty.' },
    ),
  ),
});

export const InferResponseSchema = Type.Object({
  model_name: Type.String(),
  model_version: Type.String(),
  id: Type.Optional(Type.String()),
  parameters: Parameters('What the model says about its answer.'),
  outputs: Type.Array(
    Type.Object({
      name: Type.String(),
      datatype: Datatype,
      shape: Shape,
      parameters: Parameters('`binary_data_size`: bytes of the tensor behind the JSON, in place of `data`.'),
      data: Type.Optional(Data),
    }),
  ),
});
