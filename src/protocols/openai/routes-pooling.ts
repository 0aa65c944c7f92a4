import { type TSchema, Type } from '@sinclair/typebox';
import type { Route } from '../route.js';
import {
  EmbeddingsRequestSchema,
  embeddingsSchema,
  jsonOperation,
  LENGTH_SCHEMAS,
  modelSchema,
  UsageSchema,
} from '../shared/pooling/openapi.js';
import { answerClassify, answerScore, createEmbeddingAnswers } from './pooling.js';
import { type OpenAiContext, readingRoute } from './reading-route.js';

const Text = Type.String();
const Texts = Type.Union([Text, Type.Array(Text)]);
const COMMON = {
  use_activation: Type.Optional(
    Type.Boolean({ default: true, description: 'Scores from 0 to 1; false = as the model gives them.' }),
  ),
  ...LENGTH_SCHEMAS,
};
const ScoreRequestSchema = Type.Object({
  model: modelSchema('ranks texts'),
  text_1: Type.Union([Text, Type.Array(Text, { maxItems: 1 })]),
  text_2: Texts,
  ...COMMON,
});
const ClassifyRequestSchema = Type.Object({ model: modelSchema('classifies texts'), input: Texts, ...COMMON });

const listSchema = (item: TSchema) =>
  Type.Object({
    id: Text,
    object: Type.Literal('list'),
    created: Type.Integer(),
    model: Text,
    data: Type.Array(item),
    usage: UsageSchema,
  });
const ScoresSchema = listSchema(
  Type.Object({ index: Type.Integer(), object: Type.Literal('score'), score: Type.Number() }),
);
const ClassesSchema = listSchema(
  Type.Object({
    index: Type.Integer(),
    label: Type.Union([Text, Type.Null()]),
    probs: Type.Array(Type.Number()),
    num_classes: Type.Integer(),
  }),
);

/** Routes for models that embed, rank or classify: OpenAI's embeddings, and what vLLM has besides. */
export function createPoolingRoutes(context: OpenAiContext): readonly Route[] {
  const { embedding, pooling } = createEmbeddingAnswers(context.clock);
  const score = (path: string, operationId: string) =>
    readingRoute(context, path, {
      kind: 'score',
      streams: false,
      summary: 'Score texts for a query',
      operation: jsonOperation(operationId, ScoreRequestSchema, ScoresSchema),
      answer: answerScore,
    });
  return [
    readingRoute(context, '/v1/embeddings', {
      kind: 'embedding',
      streams: false,
      summary: 'Create embeddings',
      operation: jsonOperation('createEmbedding', EmbeddingsRequestSchema, embeddingsSchema('embedding', 'embedding')),
      answer: embedding,
    }),
    readingRoute(context, '/pooling', {
      kind: 'pooling',
      streams: false,
      summary: 'Create embeddings in the form of vLLM',
      operation: jsonOperation('createPooling', EmbeddingsRequestSchema, embeddingsSchema('pooling', 'data')),
      answer: pooling,
    }),
    score('/score', 'score'),
    score('/v1/score', 'createScore'),
    readingRoute(context, '/classify', {
      kind: 'classify',
      streams: false,
      summary: 'Classify texts',
      operation: jsonOperation('classify', ClassifyRequestSchema, ClassesSchema),
      answer: answerClassify,
    }),
  ];
}
