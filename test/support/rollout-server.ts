import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from './app-server.js';
import { run } from './cli-fixture.js';
import { type ControlAnswer, control } from './control-fixture.js';
import type { FolderContents } from './model-folder.js';
import { until } from './until.js';

/** Who may do everything. */
export const ADA = 'a-key-of-ada-that-is-long-enough';
export const AS_ADA = { authorization: `Bearer ${ADA}` } as const;

/** Who may only look. */
const EVE = 'a-key-of-eve-that-is-long-enough';
export const AS_EVE = { authorization: `Bearer ${EVE}` } as const;

/** A server whose models can be rolled out, and how a test asks it. */
export interface RolloutServer extends AsyncDisposable {
  readonly server: AppServer;
  /** `POST models/fraud/rollout`, below `/millrace/v1`. */
  api(line: string, body?: object): Promise<ControlAnswer>;
  /** Runs `millrace …` against it. */
  cli(...argv: readonly string[]): ReturnType<typeof run>;
  /** Resolves with the rollout once it is in one of the states. */
  reaches(model: string, ...states: readonly string[]): Promise<ControlAnswer['body']>;
}

/** `stable` = the version that the bare name of each model stands for. */
export async function startRolloutServer(
  models: FolderContents,
  stable: Readonly<Record<string, number>>,
  settings: PartialSettings = {},
): Promise<RolloutServer> {
  const server = await startAppServer(models, {
    auth: {
      keys: [
        { name: 'ada', key: ADA, scopes: ['infer', 'observe', 'manage'] },
        { name: 'eve', key: EVE, scopes: ['observe'] },
      ],
      // No scope has the right to approve.
      bindings: [{ principal: 'key:ada', role: 'approver' }],
    },
    ...settings,
  });
  const api: RolloutServer['api'] = (line, body) => control(server, line, { body, headers: AS_ADA });
  for (const [model, version] of Object.entries(stable)) {
    const { status, body } = await api(`PATCH models/${model}/labels`, { stable: version });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
  return {
    server,
    api,
    cli: (...argv) => run([...argv, '--url', `http://127.0.0.1:${server.port}`, '--key', ADA]),
    async reaches(model, ...states) {
      let body: ControlAnswer['body'];
      await until(`the rollout of ${model} is ${states.join(' or ')}`, async () => {
        body = (await api(`GET models/${model}/rollout`)).body;
        return states.includes(body.state);
      });
      return body;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Sends requests until told to stop, so many at the same time. */
export async function underLoad<Result>(
  clients: number,
  send: () => Promise<void>,
  work: () => Promise<Result>,
): Promise<Result> {
  let isOver = false;
  const loops = Array.from({ length: clients }, async () => {
    while (!isOver) await send();
  });
  try {
    return await Promise.race([work(), Promise.all(loops).then(() => Promise.reject(new Error('the load has ended')))]);
  } finally {
    isOver = true;
    await Promise.all(loops);
  }
}
