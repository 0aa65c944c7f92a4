import { MODELS } from '../harness/models.js';
import type { ProfiledWorkload } from '../harness/profile.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { installLlamaServer } from '../peers/llama-server.js';
import { INLINE } from './contestants.js';
import { firstToken, millraceOptions, THREADS } from './language/contestants.js';
import { MODEL } from './protocols/contestants.js';
import { PHOTO_YAML, photoRequest } from './protocols/media.js';
import { shadowedWorkload } from './protocols/shadow.js';

/** What `--profile` can look into. */
export const PROFILES: Readonly<Record<string, () => ProfiledWorkload>> = {
  W1: () => workload('mlp-16x10, one row JSON, 32 connections', SMALL),
  'W1-inline': () => workload('mlp-16x10, one row JSON, 32 connections, inline', { ...SMALL, yaml: INLINE.yaml }),
  W2: () => workload('mlp-784x10, one row JSON, 32 connections', LARGE),
  'W2-binary': () => workload('mlp-784x10, one row binary, 32 connections', { ...LARGE, format: 'binary' }),
  'W2-batch': () =>
    workload('mlp-784x10, 32 rows binary, 4 connections', { ...LARGE, format: 'binary', rows: 32, concurrency: 4 }),
  W3: () => workload('MobileNetV3, 602 KB binary, 8 connections', IMAGE),
  'W3-2': () =>
    workload('MobileNetV3, 602 KB binary, 8 connections, 2 instances', { ...IMAGE, yaml: ['instances: {count: 2}'] }),
  'shadow-W1': () => shadowedWorkload(4_000),
  photo: photos,
  language: () => streams(8),
};

interface Options {
  readonly model: keyof typeof MODELS;
  readonly format: 'json' | 'binary';
  readonly rows: number;
  readonly concurrency: number;
  readonly yaml?: readonly string[] | undefined;
}

const SMALL: Options = { model: 'mlp16', format: 'json', rows: 1, concurrency: 32 };
const LARGE: Options = { model: 'mlp784', format: 'json', rows: 1, concurrency: 32 };
const IMAGE: Options = { model: 'mobilenet', format: 'binary', rows: 1, concurrency: 8 };

function workload(title: string, options: Options): ProfiledWorkload {
  const model = MODELS[options.model];
  const rows = createRows(model, options.rows);
  return {
    title,
    options: { models: [{ name: 'm', model, ...(options.yaml === undefined ? {} : { yaml: options.yaml }) }] },
    plan: {
      request: oipRequest(rows, { model: 'm', input: model.input, format: options.format }),
      level: { kind: 'concurrency', concurrency: options.concurrency },
      rowsPerRequest: rows.count,
    },
  };
}

function photos(): ProfiledWorkload {
  const level = { kind: 'concurrency', concurrency: 4 } as const;
  return {
    title: 'MobileNetV3, a JPEG of 196 KB as it is, 4 connections',
    options: { models: [{ name: MODEL, model: MODELS.mobilenet, yaml: PHOTO_YAML }] },
    plan: { request: photoRequest(), level, rowsPerRequest: 1 },
  };
}

/** Streams of one language model, all of the same prompt. */
function streams(concurrency: number): ProfiledWorkload {
  installLlamaServer((line) => console.error(line));
  const { path, headers, body } = firstToken();
  const asked = { ...JSON.parse(Buffer.from(body).toString()), max_tokens: 64, stream: true };
  return {
    title: `SmolLM2-135M, 64 tokens a stream, ${concurrency} streams`,
    options: millraceOptions({ slots: concurrency, contextTokens: 2048, threads: THREADS }),
    plan: {
      request: { method: 'POST', path, headers, body: Buffer.from(JSON.stringify(asked)) },
      level: { kind: 'concurrency', concurrency },
      rowsPerRequest: 64,
    },
  };
}
