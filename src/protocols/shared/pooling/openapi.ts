import { type TSchema, Type } from '@sinclair/typebox';
import type { OpenApiObject } from '../../openapi.js';

/** The OpenAPI operation of a route that takes and gives JSON. Requests are checked by their decoders, which also say what is wrong. */
export function jsonOperation(operationId: string, request: TSchema, response: TSchema): OpenApiObject {
  return {
    operationId,
    requestBody: { required: true, content: { 'application/json': { schema: request } } },
    responses: { 200: { description: 'Success', content: { 'application/json': { schema: response } } } },
  };
}

const Text = Type.String();
const TokenIds = Type.Array(Type.Integer({ minimum: 0 }));
/** A text, its token ids, or a list of either. */
export const InputSchema = Type.Union([Text, Type.Array(Text), TokenIds, Type.Array(TokenIds)]);
export const VectorSchema = Type.Array(Type.Number());
/** Tokens in OpenAI's form. */
export const UsageSchema = Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() });

/** The name of a model with the task, for requests that may leave it out. */
export const modelSchema = (task: string) =>
  Type.Optional(Type.String({ description: `The name of a model that ${task}. Default: the only one.` }));

/** vLLM's parameters of the length of texts. */
export const LENGTH_SCHEMAS = {
  truncate_prompt_tokens: Type.Optional(
    Type.Literal(-1, { description: 'Truncate texts that are too long. Default: refuse them.' }),
  ),
  add_special_tokens: Type.Optional(Type.Boolean({ default: true })),
};

export const EmbeddingsRequestSchema = Type.Object({
  model: modelSchema('embeds texts'),
  input: InputSchema,
  encoding_format: Type.Optional(Type.Union([Type.Literal('float'), Type.Literal('base64')], { default: 'float' })),
  dimensions: Type.Optional(Type.Integer({ minimum: 1 })),
  normalize: Type.Optional(Type.Boolean()),
  input_type: Type.Optional(Type.Union([Type.Literal('query'), Type.Literal('document')])),
  ...LENGTH_SCHEMAS,
});

/** Vectors in OpenAI's form, in the given member. */
export const embeddingsSchema = (object: string, member: string) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(
      Type.Object({
        object: Type.Literal(object),
        index: Type.Integer(),
        [member]: Type.Union([VectorSchema, Type.String({ description: 'Base64 of FP32 in little-endian order.' })]),
      }),
    ),
    model: Text,
    usage: UsageSchema,
  });
