import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { AppServer } from './app-server.js';
import { until } from './until.js';

export const ANNE = 'key-of-anne-0123456789';
export const BEN = 'key-of-ben-0123456789';
export const KEYS = [
  { name: 'anne', key: ANNE, scopes: ['infer' as const] },
  { name: 'ben', key: BEN, scopes: ['infer' as const] },
];

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
export type Json = any;

interface Asked {
  /** Default: that of Anne. */
  readonly key?: string;
  readonly method?: string;
  readonly body?: FormData | string;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a server's OpenAI API. */
export function asking(port: number) {
  return async (route: string, { key = ANNE, method, body, json, headers = {} }: Asked = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(`http://127.0.0.1:${port}/v1/${route}`, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const parsed: Json = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json: parsed };
  };
}

export type Ask = ReturnType<typeof asking>;

/** A form whose members come in this order. */
export function form(
  ...members: readonly (readonly [name: string, value: string | Blob, fileName?: string])[]
): FormData {
  const data = new FormData();
  for (const [name, value, fileName] of members) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, value, fileName);
  }
  return data;
}

/** Names of the contents that the server has on its disk. */
export function contentsOf({ folder }: Pick<AppServer, 'folder'>): Promise<readonly string[]> {
  return readdir(path.join(folder.path, '.millrace/store-files')).catch(() => []);
}

/** A line of a batch. */
export interface BatchLine {
  readonly custom_id: string;
  readonly method?: string;
  readonly url: string;
  readonly body: object;
}

/** Uploads lines, and creates a batch of them. `more`: of the batch's request. */
export async function createBatch(
  ask: Ask,
  lines: readonly (BatchLine | string)[],
  more: Readonly<Record<string, unknown>> = {},
) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify({ method: 'POST', ...line })));
  const body = form(['purpose', 'batch'], ['file', new Blob([`${text.join('\n')}\n`]), 'in.jsonl']);
  const { id } = (await ask('files', { body })).json;
  const first = lines[0];
  const endpoint = typeof first === 'object' ? first.url : '/v1/chat/completions';
  return ask('batches', { json: { input_file_id: id, endpoint, completion_window: '24h', ...more } });
}

/** The batch once it has ended. */
export async function endOf(ask: Ask, id: string): Promise<Json> {
  let batch: Json;
  await until(`batch ${id} has ended`, async () => {
    batch = (await ask(`batches/${id}`)).json;
    return ['completed', 'failed', 'expired', 'cancelled'].includes(batch.status);
  });
  return batch;
}

/** Lines of a file; none for null. */
export async function linesOf(ask: Ask, file: string | null): Promise<readonly Json[]> {
  if (file === null) return [];
  const { text } = await ask(`files/${file}/content`);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
