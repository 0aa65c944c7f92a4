import { type Static, Type } from '@sinclair/typebox';
import { DATATYPES } from '../../core/index.js';
import { BY_LOAD } from '../../runtimes/index.js';
import { AudioConfigSchema } from './audio-config.js';
import { ImageConfigSchema } from './image-config.js';

const strict = { additionalProperties: false } as const;

export const DatatypeSchema = Type.Union(
  DATATYPES.map((name) => Type.Literal(name)),
  { ...BY_LOAD, description: 'Element type by its Open Inference Protocol name.' },
);
const dims = Type.Array(Type.Integer({ minimum: -1 }), {
  ...BY_LOAD,
  description: 'Full shape including the batch dimension where `maxBatchSize` is not 0; -1 = any size.',
});

export const TensorConfigSchema = Type.Object(
  {
    name: Type.String({ ...BY_LOAD, minLength: 1 }),
    datatype: Type.Optional(DatatypeSchema),
    shape: Type.Optional(dims),
    optional: Type.Optional(
      Type.Boolean({ ...BY_LOAD, default: false, description: 'Requests may leave this input out.' }),
    ),
    labels: Type.Optional(
      Type.String({ ...BY_LOAD, description: 'File beside this one with one class label a line (outputs only).' }),
    ),
    softmax: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: false,
        description:
          'Turns values into probabilities where classes are ranked (outputs only): for models that end with logits.',
      }),
    ),
    topK: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description:
          'Classes in the answer to a photo or a sound that comes as it is (outputs only). Default: all of an output with labels; ' +
          'others are answered as tensors.',
      }),
    ),
    image: Type.Optional(ImageConfigSchema),
    audio: Type.Optional(AudioConfigSchema),
    reshape: Type.Optional(
      Type.Array(Type.Integer({ minimum: -1 }), {
        ...BY_LOAD,
        description: "Shape of the tensor in the model file itself, without batch (Triton's reshape).",
      }),
    ),
    padding: Type.Optional(
      Type.Object(
        {
          axes: Type.Array(Type.Integer({ minimum: 1 }), {
            ...BY_LOAD,
            description: 'Axes whose size may differ within a batch; shorter ones are padded.',
          }),
          value: Type.Number({ ...BY_LOAD, default: 0, description: 'Value to pad with.' }),
        },
        strict,
      ),
    ),
  },
  strict,
);

export type TensorConfig = Static<typeof TensorConfigSchema>;
