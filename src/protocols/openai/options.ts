import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
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
    unknownParameters: Type.Union([Type.Literal('warn'), Type.Literal('refuse')], {
      default: 'warn',
      description:
        'Members of a request that are not known: `warn` ignores them and names them in the header `x-millrace-ignored` of the answer, `refuse` answers with 400. A name that is nearly that of a known member is refused either way.',
    }),
    schemaRetries: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 1,
      description:
        'How often a whole answer that does not match its strict schema, or the strict schema of a tool that it calls, is generated again: with another seed, and with the temperature 1 where the request says 0. Streams are not, as their text has been sent. The tokens of both attempts count for usage and quotas.',
    }),
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
