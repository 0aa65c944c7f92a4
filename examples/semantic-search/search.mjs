/**
 * Searches texts by their meaning: embeds them, finds those nearest to a question, and has a reranker order these.
 * `node search.mjs QUESTION [FILE…]`: each paragraph of the files is a text. Default: the documentation of millrace.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const {
  MILLRACE_URL = 'http://localhost:8000',
  MILLRACE_KEY,
  MILLRACE_MODEL = 'minilm',
  MILLRACE_RERANKER = 'rerank',
} = process.env;

/** Texts of a request: the server runs each on its own, together with others of similar length. */
const TEXTS_PER_REQUEST = 256;
const MAX_TEXTS = 2_000;
const NEAREST = 20;
const SHOWN = 3;

async function post(route, body) {
  const authorization = MILLRACE_KEY === undefined ? {} : { authorization: `Bearer ${MILLRACE_KEY}` };
  const response = await fetch(`${MILLRACE_URL}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw new Error(answer.error?.message ?? answer.message ?? `the server answered ${response.status}`);
}

/** Vectors of length 1. */
async function embed(input, inputType) {
  const { data } = await post('/v1/embeddings', {
    model: MILLRACE_MODEL,
    input,
    input_type: inputType,
    encoding_format: 'base64',
    truncate_prompt_tokens: -1,
  });
  return data.map(({ embedding }) => {
    const bytes = Uint8Array.from(Buffer.from(embedding, 'base64'));
    return new Float32Array(bytes.buffer);
  });
}

function readTexts(files) {
  const docs = path.resolve(import.meta.dirname, '../../docs');
  const pages = files.length > 0 ? files : readdirSync(docs).map((name) => path.join(docs, name));
  return pages
    .filter((file) => /\.(md|txt)$/.test(file))
    .flatMap((file) => readFileSync(file, 'utf8').split(/\n\s*\n|\n(?=[-|#])/))
    .map((text) => text.replace(/\s+/g, ' ').trim())
    .filter((text) => text.length > 40)
    .slice(0, MAX_TEXTS);
}

/** The cosine of two vectors of length 1. */
const similarity = (one, other) => one.reduce((sum, value, index) => sum + value * other[index], 0);
const seconds = (since) => `${((performance.now() - since) / 1_000).toFixed(1)} s`;

async function search(question, texts) {
  const startedAt = performance.now();
  const vectors = [];
  for (let start = 0; start < texts.length; start += TEXTS_PER_REQUEST) {
    vectors.push(...(await embed(texts.slice(start, start + TEXTS_PER_REQUEST), 'document')));
  }
  console.log(`${texts.length} texts indexed in ${seconds(startedAt)}`);
  const [asked] = await embed([question], 'query');
  const nearest = vectors
    .map((vector, index) => ({ index, score: similarity(vector, asked) }))
    .sort((one, other) => other.score - one.score)
    .slice(0, NEAREST)
    .map(({ index }) => texts[index]);
  const { results } = await post('/v1/rerank', {
    model: MILLRACE_RERANKER,
    query: question,
    documents: nearest,
    top_n: SHOWN,
  });
  for (const { index, relevance_score: score } of results) console.log(`${score.toFixed(3)}  ${nearest[index]}`);
}

const [question = 'How do I limit what a caller may use?', ...files] = process.argv.slice(2);
try {
  await search(question, readTexts(files));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
