import path from 'node:path';
import { type App, createApp } from '../../src/app.js';
import { createSettings, type PartialSettings } from '../../src/config/index.js';
import type { BodyArena, RuntimeManifest } from '../../src/runtimes/index.js';
import type { Addresses } from '../../src/server/index.js';
import type { InferenceObserver } from '../../src/service/index.js';
import { RUNNER_ENTRY } from './dist.js';
import { createTempFolder, type FolderContents, type TempFolder } from './model-folder.js';
import { RawClient, type RawResponse, requestText } from './raw-client.js';

/** A log line as it is written. */
export interface LogLine {
  readonly level: string;
  readonly room: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A whole server in this process on free ports, with a model repository of its own. */
export interface AppServer extends AsyncDisposable {
  readonly app: App;
  readonly folder: TempFolder;
  readonly port: number;
  readonly grpcPort: number;
  readonly addresses: Addresses;
  readonly log: readonly LogLine[];
  /** Sends one request over a connection of its own. */
  send(line: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<RawResponse>;
  /** Infers with a model; the answer's status and its body as JSON. */
  infer(model: string, request: object, headers?: Readonly<Record<string, string>>): Promise<JsonAnswer>;
  /** State and reason of every version, `name/version: state: reason`. */
  index(): Promise<readonly string[]>;
}

export interface JsonAnswer {
  readonly status: number;
  // What a test expects of it is for the test to say.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly body: any;
  readonly retryAfter: string | undefined;
}

export function jsonOf({ status, headers, body }: RawResponse): JsonAnswer {
  return { status, body: JSON.parse(body.toString()), retryAfter: headers['retry-after'] };
}

interface StartOptions {
  readonly start?: boolean;
  readonly bodies?: BodyArena;
  readonly observers?: readonly InferenceObserver[];
  /** From outside. */
  readonly runtimes?: readonly RuntimeManifest[];
  /** false for a server that logs more than a test can keep. */
  readonly keepsLog?: boolean;
}

/** Starts it and loads its models, unless `start` is false: then `app.start` is for the test to call. */
export async function startAppServer(
  contents: FolderContents,
  settings: PartialSettings = {},
  { start = true, bodies, observers = [], runtimes = [], keepsLog = true }: StartOptions = {},
): Promise<AppServer> {
  const folder = await createTempFolder(contents);
  const log: LogLine[] = [];
  const app = await createApp(
    createSettings({
      ...settings,
      repository: { paths: [folder.path], ...settings.repository },
      store: { path: path.join(folder.path, '.millrace/store.db'), ...settings.store },
      audit: { folder: path.join(folder.path, '.millrace/audit'), ...settings.audit },
      runners: { entry: RUNNER_ENTRY, closeTimeoutMs: 100, ...settings.runners },
      server: { httpPort: 0, grpcPort: 0, metricsPort: 0, gracePeriodMs: 100, ...settings.server },
    }),
    {
      logDestination: { write: (line) => keepsLog && log.push(JSON.parse(line)) },
      observers,
      runtimes,
      ...(bodies && { bodies }),
    },
  );
  const addresses = await app.listen();
  const { http, grpc } = addresses;
  if (start) await app.start();
  const send: AppServer['send'] = async (line, body = '', headers = {}) => {
    const client = await RawClient.connect(http.port);
    client.send(requestText(line, headers, body));
    try {
      return await client.wholeResponse();
    } finally {
      client.socket.destroy();
    }
  };
  return {
    app,
    folder,
    port: http.port,
    grpcPort: grpc?.port ?? 0,
    addresses,
    log,
    send,
    infer: async (model, request, headers) =>
      jsonOf(await send(`POST /v2/models/${model}/infer`, JSON.stringify(request), headers)),
    async index() {
      const { body } = jsonOf(await send('POST /v2/repository/index'));
      return body.map(({ name, version, state, reason }: Record<string, string>) =>
        [`${name}/${version}`, state, ...(reason === undefined ? [] : [reason])].join(': '),
      );
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
