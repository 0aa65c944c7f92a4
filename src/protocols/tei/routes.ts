import { type Call, Turns } from '../../core/index.js';
import type { ServedModel } from '../../service/index.js';
import { jsonTextResponse, type Route } from '../route.js';
import { resolveModel } from '../shared/pooling/run.js';
import { createVectorAnswer } from '../shared/pooling/write-vectors.js';
import type { WireResponse } from '../wire.js';
import { computeHeaders, createWriters } from './answer.js';
import { answerHealth, answerInfo } from './info.js';
import { answerMetrics } from './metrics.js';
import { OPERATIONS } from './openapi.js';
import type { Place, TextTask } from './place.js';
import { type Asked, answered, answeredTokens, TASK_OF, type TeiContext } from './read.js';
import type { PoolingKind, TeiKind, TokenKind } from './request.js';

type Described = Pick<Route, 'summary' | 'operation'>;

/** `task`: that of the models that the route is for; undefined = all. */
interface ForTask extends Described {
  readonly task: TextTask | undefined;
}

/** The kind of a request to the model's own address, by the model's task. */
function kindOf({ tasks }: ServedModel): 'embed' | 'embedSparse' | 'rerank' | 'predict' | 'tokenClasses' {
  if (tasks?.classify !== undefined) return 'predict';
  if (tasks?.tokenClassify !== undefined) return 'tokenClasses';
  if (tasks?.sparse !== undefined) return 'embedSparse';
  return tasks?.rank === undefined ? 'embed' : 'rerank';
}

function pathOf(place: string, path: string): string {
  return `${place}${path}` || '/';
}

/** Routes of TEI in a place. */
export function createTeiRoutes(context: TeiContext, { base: place, nameOf }: Place): readonly Route[] {
  const writers = createWriters(createVectorAnswer(new Turns(context.clock)));

  async function answer<Kind extends PoolingKind>(call: Call, asked: Asked<Kind>): Promise<WireResponse> {
    const done = await answered(context, call, asked);
    const startedAt = context.clock.now();
    const response = await writers[asked.kind](done);
    call.timing.encodeMs = context.clock.now() - startedAt;
    return { ...response, headers: { ...response.headers, ...computeHeaders(context, done) } };
  }

  type Answer = (call: Call, asked: Pick<Asked<TeiKind>, 'resolved' | 'body'>) => Promise<WireResponse>;
  const read = (path: string, { task, ...described }: ForTask, handle: Answer): Route => ({
    method: 'POST',
    path: pathOf(place, path),
    tag: 'tei',
    ...described,
    access: 'key',
    control: false,
    inference: true,
    body: { kind: 'bytes' },
    handle: async (call, request) => {
      const resolved = await resolveModel(context, call, nameOf(call, request, task));
      return handle(call, { resolved, body: request.body });
    },
  });
  const posted = (path: string, kind: PoolingKind | undefined, described: Described): Route =>
    read(path, { ...described, task: kind && TASK_OF[kind] }, (call, asked) =>
      answer(call, { kind: kind ?? kindOf(asked.resolved.info), ...asked }),
    );
  const told = (path: string, kind: TokenKind, described: Described): Route =>
    read(path, { ...described, task: undefined }, async (call, asked) => {
      const rows = await answeredTokens(context, call, { kind, ...asked });
      // Tokens come as JSON.
      return jsonTextResponse(kind === 'tokenize' ? `[${rows.join(',')}]` : JSON.stringify(rows));
    });
  const got = (path: string, summary: string, handle: typeof answerInfo): Route => ({
    method: 'GET',
    path: pathOf(place, path),
    tag: 'tei',
    summary,
    access: 'key',
    control: false,
    handle: (call, request) => handle(context, call, nameOf(call, request, undefined)),
  });
  const { base, embed, embedAll, embedSparse, similarity, predict, rerank, embeddings, tokenize, decode } = OPERATIONS;
  return [
    posted('', undefined, {
      summary: 'Embed, rerank or classify texts or tokens, by the task of the model',
      operation: base,
    }),
    posted('/embed', 'embed', { summary: 'Create embeddings', operation: embed }),
    posted('/embed_all', 'embedAll', { summary: 'Create embeddings of all tokens', operation: embedAll }),
    posted('/embed_sparse', 'embedSparse', { summary: 'Create sparse embeddings', operation: embedSparse }),
    posted('/similarity', 'similarity', { summary: 'Compare a sentence with others', operation: similarity }),
    posted('/predict', 'predict', { summary: 'Classify texts', operation: predict }),
    posted('/rerank', 'rerank', { summary: 'Rank texts for a query', operation: rerank }),
    told('/tokenize', 'tokenize', { summary: 'List the tokens of texts', operation: tokenize }),
    told('/decode', 'decode', { summary: 'Make text of token ids', operation: decode }),
    ...['/v1/embeddings', '/embeddings'].map((path) =>
      posted(path, 'embeddings', { summary: "Create embeddings in OpenAI's form", operation: embeddings }),
    ),
    got('/info', 'Report the model and its limits', answerInfo),
    got('/metrics', 'Report metrics of the model', answerMetrics),
    ...['', '/health', '/ping'].map((path) => got(path, 'Check that the model answers', answerHealth)),
  ];
}
