import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD } from '../by-load.js';

/** The section of a model configuration. */
export const TextSchema = Type.Object(
  {
    task: Type.Optional(
      Type.Union(
        [
          Type.Literal('auto'),
          Type.Literal('embed'),
          Type.Literal('sparse'),
          Type.Literal('rank'),
          Type.Literal('classify'),
          Type.Literal('tokenClassify'),
        ],
        { ...BY_LOAD, default: 'auto', description: 'The task of the model; auto = as its files say.' },
      ),
    ),
    onnxFile: Type.Optional(
      Type.String({
        ...BY_LOAD,
        default: '',
        description:
          "The graph, relative to the version's folder. Default: `onnx/model.onnx`, `model.onnx`, or the only `.onnx` file.",
      }),
    ),
    pooling: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Literal('mean'), Type.Literal('cls'), Type.Literal('lasttoken')], {
        ...BY_LOAD,
        default: 'auto',
        description: 'How the vectors of tokens become that of a text; auto = as the files say, else mean.',
      }),
    ),
    normalize: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: true,
        description: 'Scale vectors to length 1 where a request says nothing.',
      }),
    ),
    maxInputTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Most tokens of a text, with its special tokens; 0 = as the files say.',
      }),
    ),
    maxPaddedTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        default: 256,
        description: 'Most tokens of a batch, with padding; a text that is longer runs alone.',
      }),
    ),
    maxPaddingShare: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        minimum: 0,
        maximum: 1,
        default: 0.1,
        description: 'Largest part of a batch that is padding.',
      }),
    ),
    reserveInstance: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: false,
        description:
          'Of several instances, keep one for batches of up to `maxPaddedTokens`, so that short texts need not wait for long ones.',
      }),
    ),
    threads: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 1,
        description: 'Threads of an instance; 0 = ONNX Runtime decides.',
      }),
    ),
    executionProviders: Type.Optional(
      Type.Array(Type.String(), {
        ...BY_LOAD,
        default: ['cpu'],
        description: 'In order of preference: cpu, cuda, tensorrt, coreml, dml, webgpu. An unavailable one is refused.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** The `text` section as written. */
export type TextConfig = Static<typeof TextSchema>;
