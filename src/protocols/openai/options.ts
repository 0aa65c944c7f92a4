import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { schemaRetriesOption, unknownParametersOption } from '../shared/generation/options.js';
import { httpSwitch } from '../switch-options.js';

/** OpenAI's API, and what it keeps. */
export const OpenAiOptionsSchema = Type.Object(
  {
    ...httpSwitch("OpenAI's API", true),
    defaultModel: Type.String({
      default: '',
      description:
        "The model that answers requests for generated text without a `model`; '' = the only generating model that the caller may infer. For callers who may not infer the default model, it counts as ''.",
    }),
    unknownParameters: unknownParametersOption(),
    schemaRetries: schemaRetriesOption(),
    maxTextBytes: Type.Integer({
      default: 4_194_304,
      minimum: 1,
      description:
        'Largest text of a request, in bytes of its JSON after decompression, and of the stored conversation that it continues; larger ones are refused with 413. Images, sounds and files in content parts do not count: `server.maxInputBytes` bounds the whole body. Applies to bodies of the OpenAI API behind SageMaker and Vertex AI, too.',
    }),
    maxStoredResponses: Type.Integer({
      default: 1_000,
      minimum: 0,
      description:
        'Answers of `/v1/responses` that are kept in memory, with their conversations, for the key that asked; the oldest go first. 0 = none.',
    }),
    maxStoredBytes: Type.Integer({
      default: 67_108_864,
      minimum: 1,
      description: 'Bytes of all stored responses together.',
    }),
    maxStoredAgeMs: Type.Number({
      default: 86_400_000,
      minimum: 1,
      maximum: 2_147_483_647,
      description: 'After that time a stored response is forgotten.',
    }),
  },
  { additionalProperties: false },
);

export type OpenAiOptions = DeepReadonly<Static<typeof OpenAiOptionsSchema>>;
