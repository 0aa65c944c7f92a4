import { type Static, Type } from '@sinclair/typebox';
import type { NumberLimit } from '../../core/index.js';
import { NUMBER_LIMITS } from '../../generation/index.js';
import { BY_LOAD, OWN_FILES_ONLY } from '../by-load.js';
import { TOOL_FORMATS } from './answer/formats/names.js';

const within = ({ least, most }: NumberLimit, description: string) => ({
  ...BY_LOAD,
  minimum: least,
  maximum: most,
  description,
});

const SamplingSchema = Type.Object(
  {
    temperature: Type.Optional(
      Type.Number(within(NUMBER_LIMITS.temperature, '0 = always the most probable token. Default: 1.')),
    ),
    topP: Type.Optional(
      Type.Number(
        within(NUMBER_LIMITS.topP, 'Only the most probable tokens that together have this probability. Default: 1.'),
      ),
    ),
    topK: Type.Optional(
      Type.Integer(within(NUMBER_LIMITS.topK, 'Only so many of the most probable tokens; 0 and -1 = all. Default: 0.')),
    ),
    minP: Type.Optional(
      Type.Number(
        within(
          NUMBER_LIMITS.minP,
          'Only tokens with at least this part of the probability of the most probable one. Default: 0.',
        ),
      ),
    ),
    frequencyPenalty: Type.Optional(
      Type.Number(
        within(
          NUMBER_LIMITS.frequencyPenalty,
          "Taken off a token's logit for each time that it was generated. Default: 0.",
        ),
      ),
    ),
    presencePenalty: Type.Optional(
      Type.Number(
        within(NUMBER_LIMITS.presencePenalty, "Taken off a token's logit once it was generated. Default: 0."),
      ),
    ),
    repetitionPenalty: Type.Optional(
      Type.Number(
        within(
          NUMBER_LIMITS.repetitionPenalty,
          'Divides positive logits of tokens in the prompt or the answer, and multiplies negative ones. Default: 1.',
        ),
      ),
    ),
  },
  {
    additionalProperties: false,
    default: {},
    description: "Values for requests that leave a parameter out. They come before those in the model's file.",
  },
);

/** The section of a model configuration. */
export const LlamaSchema = Type.Object(
  {
    slots: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        maximum: 256,
        default: 8,
        description: 'Requests that are generated for at a time.',
      }),
    ),
    contextTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description:
          'Longest text of a request, prompt and answer; memory is taken for it in every slot, for multiples of 256. Of models that pool: the longest text, with its special tokens. 0 = what the model was trained on, at most 4096.',
      }),
    ),
    cacheTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description:
          'Tokens that all slots hold together, in memory that they share; at least `contextTokens`. Requests wait until there is room for their prompt and their longest answer. 0 = memory for `contextTokens` in every slot.',
      }),
    ),
    maxOutputTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        default: 4096,
        description: 'Most tokens of an answer whose request sets no limit.',
      }),
    ),
    threads: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Threads that evaluate; 0 = one less than the processors.',
      }),
    ),
    batchTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 32,
        maximum: 4096,
        default: 512,
        description:
          'Most tokens of an evaluation. Of a long prompt it takes a quarter of them at a time, or `prefillTokens` if that is more. Of models that pool: most tokens of texts that are evaluated together; a longer text is evaluated alone.',
      }),
    ),
    prefillTokens: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 16,
        maximum: 4096,
        default: 65,
        description:
          'Most tokens of prompts in an evaluation beside requests that generate: more delay those. On processors, one more than a multiple of 64 is fastest.',
      }),
    ),
    sharePrefixes: Type.Optional(
      Type.Union([Type.Literal('principal'), Type.Literal('all'), Type.Literal('none')], {
        ...OWN_FILES_ONLY,
        default: 'principal',
        description:
          'Whose prompts save the evaluation of beginnings that they have in common. With `all` a caller may find out by the time that an answer takes what others have sent.',
      }),
    ),
    deterministic: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: false,
        description:
          'The text of a request does not depend on what is generated beside it. Requests are evaluated one after the other, and nothing of prompts is saved.',
      }),
    ),
    chatTemplate: Type.Optional(
      Type.String({
        ...OWN_FILES_ONLY,
        default: '',
        description: "Jinja template that makes a prompt of a conversation; '' = the one in the model's file.",
      }),
    ),
    chatTemplateFile: Type.Optional(
      Type.String({
        ...OWN_FILES_ONLY,
        default: '',
        description:
          "File with that template, by its path relative to the folder of the GGUF file: `template.jinja`. '' = `chat_template.jinja`, where the GGUF file has none.",
      }),
    ),
    toolFormat: Type.Optional(
      Type.Union(
        ['auto', ...TOOL_FORMATS].map((name) => Type.Literal(name)),
        {
          ...BY_LOAD,
          default: 'auto',
          description:
            'How the model writes calls of tools; auto = as its template shows, `text` = as JSON that the system message asks for.',
        },
      ),
    ),
    gpuLayers: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Layers that are computed by a GPU, where the library can.',
      }),
    ),
    pooling: Type.Optional(
      Type.Union(
        [
          Type.Literal('auto'),
          Type.Literal('none'),
          Type.Literal('mean'),
          Type.Literal('cls'),
          Type.Literal('lasttoken'),
          Type.Literal('rank'),
        ],
        {
          ...BY_LOAD,
          default: 'auto',
          description:
            'How the vectors of tokens become that of a text, for models that embed; `rank` = scores, by the head in the file; `none` = the model generates; auto = as the file says. The first three make an embedder of a model that generates.',
        },
      ),
    ),
    sampling: Type.Optional(SamplingSchema),
  },
  { additionalProperties: false, 'x-moved': { library: 'runners.llamaLibrary' } },
);

/** The `llama` section as written. */
export type LlamaConfig = Static<typeof LlamaSchema>;
