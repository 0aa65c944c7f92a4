import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD } from '../by-load.js';

/** The section of a model configuration. */
export const OnnxSchema = Type.Object(
  {
    intraOpThreads: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 1,
        description: 'Threads within an operator; 0 = ONNX Runtime decides.',
      }),
    ),
    interOpThreads: Type.Optional(Type.Integer({ ...BY_LOAD, minimum: 0, default: 1 })),
    graphOptimization: Type.Optional(
      Type.Union(
        [
          Type.Literal('disabled'),
          Type.Literal('basic'),
          Type.Literal('extended'),
          Type.Literal('layout'),
          Type.Literal('all'),
        ],
        { ...BY_LOAD, default: 'all' },
      ),
    ),
    executionMode: Type.Optional(
      Type.Union([Type.Literal('sequential'), Type.Literal('parallel')], { ...BY_LOAD, default: 'sequential' }),
    ),
    executionProviders: Type.Optional(
      Type.Array(Type.String(), {
        ...BY_LOAD,
        default: ['cpu'],
        description: 'In order of preference: cpu, cuda, tensorrt, coreml, dml, webgpu. An unavailable one is refused.',
      }),
    ),
    enableCpuMemArena: Type.Optional(Type.Boolean({ ...BY_LOAD, default: true })),
    enableMemPattern: Type.Optional(Type.Boolean({ ...BY_LOAD, default: true })),
    cacheOptimizedGraph: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: false,
        description: 'Keep the optimised graph in the cache folder for faster loads.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** The `onnx` section as written. */
export type OnnxConfig = Static<typeof OnnxSchema>;
