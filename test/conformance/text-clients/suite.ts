import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { type ConformanceServer, startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { writeGgufModels } from '../text-models/gguf-models.js';
import { makeModels, prepare } from '../text-models/prepare.js';

const SCRIPT_LIMIT_MS = 600_000;
/** One for each task, so that a caller of these need not name the model. */
const MODELS = ['minilm', 'rerank', 'topic'];
/** For tasks of Hugging Face's that other APIs do not have. */
const FURTHER_MODELS = ['names', 'entails'];
const KEYS = ['tester', 'llama', 'hugging'].map((name) => ({ name, key: `key-of-${name}-0123456789`, scopes: [] }));
const BINDINGS = [
  { principal: 'key:tester', role: 'caller', models: MODELS },
  { principal: 'key:hugging', role: 'caller', models: FURTHER_MODELS },
  { principal: 'key:llama', role: 'caller', models: ['gguf-*'] },
];
const SCRIPTS = {
  'requirements.txt': [
    'openai_sdk.py',
    'cohere_sdk.py',
    'hugging_face.py',
    'llama_index_texts.py',
    'haystack_texts.py',
    'chroma.py',
  ],
  // LangChain wants older clients of Cohere's and Hugging Face's than the others.
  'requirements-langchain.txt': ['langchain_texts.py'],
};

/** Clients of OpenAI's, Cohere's and Hugging Face's APIs against text models: vectors, ranks, classes, errors. */
export async function run(): Promise<number> {
  const folder = emptyFolder('text-clients');
  const models = path.join(folder, 'models');
  await makeModels(await prepare(), models, [...MODELS, ...FURTHER_MODELS]);
  writeGgufModels(models);
  const config = path.join(folder, 'millrace.yaml');
  writeFileSync(config, JSON.stringify({ auth: { keys: KEYS, bindings: BINDINGS }, tei: { httpPort: 0 } }));
  const pythons = Object.entries(SCRIPTS).map(([requirements, scripts]) => ({
    python: installPython(`text-clients/${requirements}`),
    scripts,
  }));
  const tally = new Tally();
  const server = await startServer([models, '--config', config]);
  try {
    const addresses = [server.url, teiOf(server)];
    for (const { python, scripts } of pythons) {
      for (const script of scripts) {
        const { output } = await python.run(`text-clients/${script}`, addresses, SCRIPT_LIMIT_MS);
        tally.adopt(script, output);
      }
    }
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

function teiOf({ dialects }: ConformanceServer): string {
  const url = dialects.tei?.http;
  if (url === undefined) throw new Error('the server has no port of its own for tei');
  return url;
}
