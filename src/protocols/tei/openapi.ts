import { Type } from '@sinclair/typebox';
import {
  EmbeddingsRequestSchema,
  embeddingsSchema,
  InputSchema,
  jsonOperation,
  VectorSchema,
} from '../shared/pooling/openapi.js';

const Text = Type.String();
const Texts = Type.Array(Text);
const READING = {
  truncate: Type.Optional(Type.Boolean({ default: true, description: 'Truncate texts that are too long.' })),
  truncation_direction: Type.Optional(
    Type.Union([Type.Literal('Left'), Type.Literal('Right')], {
      default: 'Right',
      description: 'The end that is cut.',
    }),
  ),
};
const PROMPT = { prompt_name: Type.Optional(Text) };
const RAW = { raw_scores: Type.Optional(Type.Boolean({ default: false })) };

const EmbedSchema = Type.Object({
  inputs: InputSchema,
  normalize: Type.Optional(Type.Boolean({ default: true })),
  dimensions: Type.Optional(Type.Integer({ minimum: 1 })),
  ...READING,
  ...PROMPT,
});
const RerankSchema = Type.Object({
  query: Text,
  texts: Texts,
  return_text: Type.Optional(Type.Boolean({ default: false })),
  ...READING,
  ...RAW,
});
const PredictSchema = Type.Object({
  inputs: Type.Union([Text, Texts, Type.Array(Texts)], {
    description: 'A text, a pair, or a list of either in lists; with candidate_labels a text or a list of texts.',
  }),
  parameters: Type.Optional(
    Type.Object(
      {
        candidate_labels: Type.Union([Texts, Text]),
        hypothesis_template: Type.Optional(Type.String({ default: 'This example is {}.' })),
        multi_label: Type.Optional(Type.Boolean({ default: false })),
      },
      { description: 'Classes by name, for a model that compares texts (zero-shot classification).' },
    ),
  ),
  ...READING,
  ...RAW,
});
const TokenSchema = Type.Object({
  id: Type.Integer(),
  text: Text,
  special: Type.Boolean(),
  start: Type.Union([Type.Integer(), Type.Null()]),
  stop: Type.Union([Type.Integer(), Type.Null()]),
});
const Ids = Type.Array(Type.Integer({ minimum: 0 }));
const VectorsSchema = Type.Array(VectorSchema);
const RanksSchema = Type.Array(Type.Object({ index: Type.Integer(), text: Type.Optional(Text), score: Type.Number() }));
const WeightSchema = Type.Object({ index: Type.Integer({ description: 'Id of a token.' }), value: Type.Number() });
const ClassSchema = Type.Object({ score: Type.Number(), label: Text });
const ClassesSchema = Type.Union([Type.Array(ClassSchema), Type.Array(Type.Array(ClassSchema))]);

/** The OpenAPI operations of this dialect. */
export const OPERATIONS = {
  base: jsonOperation(
    'tei',
    Type.Union([EmbedSchema, RerankSchema, PredictSchema]),
    Type.Union([VectorsSchema, RanksSchema, ClassesSchema]),
  ),
  embed: jsonOperation('teiEmbed', EmbedSchema, VectorsSchema),
  embedAll: jsonOperation(
    'teiEmbedAll',
    Type.Object({ inputs: InputSchema, ...READING, ...PROMPT }),
    Type.Array(VectorsSchema),
  ),
  embedSparse: jsonOperation(
    'teiEmbedSparse',
    Type.Object({ inputs: InputSchema, ...READING, ...PROMPT }),
    Type.Array(Type.Array(WeightSchema)),
  ),
  similarity: jsonOperation(
    'teiSimilarity',
    Type.Object({
      inputs: Type.Object({ source_sentence: Text, sentences: Texts }),
      parameters: Type.Optional(Type.Object({ ...READING, ...PROMPT })),
    }),
    VectorSchema,
  ),
  predict: jsonOperation('teiPredict', PredictSchema, ClassesSchema),
  rerank: jsonOperation('teiRerank', RerankSchema, RanksSchema),
  tokenize: jsonOperation(
    'teiTokenize',
    Type.Object({
      inputs: Type.Union([Text, Texts]),
      add_special_tokens: Type.Optional(Type.Boolean({ default: true })),
      ...PROMPT,
    }),
    Type.Array(Type.Array(TokenSchema)),
  ),
  decode: jsonOperation(
    'teiDecode',
    Type.Object({
      ids: Type.Union([Ids, Type.Array(Ids)]),
      skip_special_tokens: Type.Optional(Type.Boolean({ default: true })),
    }),
    Texts,
  ),
  embeddings: jsonOperation('teiEmbeddings', EmbeddingsRequestSchema, embeddingsSchema('embedding', 'embedding')),
} as const;
