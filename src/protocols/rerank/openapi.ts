import { Type } from '@sinclair/typebox';
import { jsonOperation, modelSchema, UsageSchema, VectorSchema } from '../shared/pooling/openapi.js';
import { EMBEDDING_TYPES } from './decode-embed.js';

const Text = Type.String();
const Texts = Type.Array(Text);
const Model = modelSchema('ranks texts');
const TopN = Type.Optional(Type.Integer({ minimum: 0, description: 'The best texts only. Default, and 0: all.' }));

const DocumentsSchema = Type.Object({
  model: Model,
  query: Text,
  documents: Type.Array(Type.Union([Text, Type.Object({ text: Text })])),
  top_n: TopN,
  return_documents: Type.Optional(Type.Boolean({ default: false })),
  max_tokens_per_doc: Type.Optional(Type.Integer({ minimum: 1 })),
});
const TextsSchema = Type.Object({
  model: Model,
  query: Text,
  texts: Texts,
  top_n: TopN,
  truncate: Type.Optional(Type.Boolean({ default: true })),
  truncation_direction: Type.Optional(Type.Union([Type.Literal('Left'), Type.Literal('Right')])),
  raw_scores: Type.Optional(Type.Boolean({ default: false })),
  return_text: Type.Optional(Type.Boolean({ default: false })),
});
const ResultsSchema = Type.Object({
  id: Text,
  object: Type.Literal('list'),
  model: Text,
  results: Type.Array(
    Type.Object({
      index: Type.Integer(),
      document: Type.Optional(Type.Object({ text: Text })),
      relevance_score: Type.Number(),
    }),
  ),
  usage: UsageSchema,
  meta: Type.Object({}, { additionalProperties: true }),
});
const RanksSchema = Type.Array(Type.Object({ index: Type.Integer(), text: Type.Optional(Text), score: Type.Number() }));

const EmbedSchema = Type.Object({
  model: modelSchema('embeds texts'),
  texts: Texts,
  input_type: Type.Optional(Text),
  embedding_types: Type.Optional(
    Type.Array(Type.Union(EMBEDDING_TYPES.map((type) => Type.Literal(type))), { default: ['float'] }),
  ),
  truncate: Type.Optional(
    Type.Union([Type.Literal('NONE'), Type.Literal('START'), Type.Literal('END')], { default: 'END' }),
  ),
  output_dimension: Type.Optional(Type.Integer({ minimum: 1 })),
});
const EmbeddingsSchema = Type.Object({
  id: Text,
  response_type: Type.Literal('embeddings_by_type'),
  texts: Texts,
  embeddings: Type.Record(Text, Type.Array(Type.Union([VectorSchema, Text]))),
  meta: Type.Object({}, { additionalProperties: true }),
});

const FloatsSchema = Type.Object({
  ...EmbeddingsSchema.properties,
  response_type: Type.Literal('embeddings_floats'),
  embeddings: Type.Array(VectorSchema),
});

/** The OpenAPI operation of a route that ranks. */
export const rerankOperation = (operationId: string) =>
  jsonOperation(operationId, Type.Union([DocumentsSchema, TextsSchema]), Type.Union([ResultsSchema, RanksSchema]));

export const EMBED_OPERATION = jsonOperation('cohereEmbed', EmbedSchema, EmbeddingsSchema);
/** Without `embedding_types` it gives plain lists. */
export const EMBED_V1_OPERATION = jsonOperation(
  'cohereEmbedV1',
  EmbedSchema,
  Type.Union([EmbeddingsSchema, FloatsSchema]),
);
