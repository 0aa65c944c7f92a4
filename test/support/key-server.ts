import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, type JsonAnswer, jsonOf, startAppServer } from './app-server.js';
import { run } from './cli-fixture.js';
import type { FolderContents } from './model-folder.js';

/** Configuration of a model that answers {@link ECHO} with the same. */
export const ECHO_MODEL = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
`;
const MODELS = {
  'kjv/1/model.gguf': readFileSync('test/fixtures/models/tiny-kjv.gguf'),
  'kjv/model.yaml':
    'llama: { contextTokens: 4096, slots: 4, threads: 1, maxOutputTokens: 4000, chatTemplate: "{{ messages[0].content }}" }\n',
  'echo/1/': '',
  'echo/model.yaml': ECHO_MODEL,
};

export const ECHO = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] };
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A server on which everybody needs a key, and the first of them, which may do everything. */
export interface KeyServer extends AsyncDisposable {
  readonly server: AppServer;
  readonly admin: string;
  /** Runs `millrace keys …` as the admin. */
  keys(line: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** Makes a key and gives its text. */
  create(line: string): Promise<string>;
  /** Asks the API below `/millrace/v1/keys`. */
  api(line: string, body?: object, key?: string): Promise<JsonAnswer>;
  /** The status and the body of an inference. */
  infer(headers: Readonly<Record<string, string>>, model?: string): Promise<JsonAnswer>;
}

/** Starts it with the models `echo` and `kjv`, and `more`; the first key is made by the command line while nobody uses the store. */
export async function startKeyServer(settings: PartialSettings = {}, more: FolderContents = {}): Promise<KeyServer> {
  const server = await startAppServer(
    { ...MODELS, ...more },
    { auth: { required: true, ...settings.auth }, ...settings },
    { start: false },
  );
  const { folder, port } = server;
  const file = path.join(folder.path, '.millrace/store.db');
  const made = await run(['keys', 'create', 'admin', '--grant', 'admin', '--store', file], { cwd: folder.path });
  if (made.code !== 0) throw new Error(made.err);
  await server.app.start();
  const admin = made.out.trim();
  const keys: KeyServer['keys'] = (line) =>
    run(['keys', ...line.split(' '), '--url', `http://127.0.0.1:${port}`, '--key', admin], { cwd: folder.path });
  return {
    server,
    admin,
    keys,
    async create(line) {
      const { code, out, err } = await keys(`create ${line}`);
      if (code !== 0) throw new Error(err);
      return out.trim();
    },
    async api(line, body, key = admin) {
      const [method = '', rest = ''] = line.split(' ');
      const text = body === undefined ? '' : JSON.stringify(body);
      return jsonOf(await server.send(`${method} /millrace/v1/keys${rest}`, text, bearer(key)));
    },
    infer: (headers, model = 'echo') => server.infer(model, ECHO, headers),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
