import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { echoModel } from '../support/control-fixture.js';

const TENSOR = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] });
const KEY = 'the-key-of-a-guest-01234';
const OTHER_KEY = 'the-key-of-another-01234';
/** Neither may be found out by who may ask `open` alone. */
const HIDDEN = 'hidden';
/** There is no such model: what is said of it is what may be said of the hidden one. */
const UNKNOWN = 'nobody';

/** Ways to spell the path of a model, some of which a proxy or a router may take for another one. */
const SPELLINGS: readonly ((model: string) => string)[] = [
  (model) => `/v2/models/${model}/infer`,
  (model) => `/v2/models/${model}/versions/1/infer`,
  (model) => `/v2/models/${model}@stable/infer`,
  (model) => `/v2/models/open/../${model}/infer`,
  (model) => `/v2/models/open/%2e%2e/${model}/infer`,
  (model) => `/v2/models/open%2f..%2f${model}/infer`,
  (model) => `/v2/models/open/infer/../../${model}/infer`,
  (model) => `/v2//models//${model}//infer`,
  (model) => `//v2/models/${model}/infer`,
  (model) => `/./v2/models/./${model}/infer`,
  (model) => `/v2/models/${model}/infer/`,
  (model) => `/V2/MODELS/${model}/INFER`,
  (model) => `/V2/models/${model}/infer`,
  (model) => `/v2//models/${model}/infer`,
  (model) => `/v2/models//${model}/infer`,
  (model) => `/v2/models/./${model}/infer`,
  (model) => `/v2/models/${model}./infer`,
  (model) => `/v2/models/%20${model}/infer`,
  (model) => `/v2/models/${model}%00/infer`,
  (model) => `/v2/models/open%00${model}/infer`,
  (model) => `/v2/models/open%0d%0a${model}/infer`,
  (model) => `/v2/models/${model};open/infer`,
  (model) => `/v2/models/open;${model}/infer`,
  (model) => `/v2/models/open%40${model}/infer`,
  (model) => `/v2/models/${model}\\infer`,
  (model) => `/v2/models/${encodeAll(model)}/infer`,
  (model) => `/v2/models/${encodeFirst(model)}/infer`,
  (model) => `/v2/models/${model.toUpperCase()}/infer`,
  (model) => `/v2%2fmodels%2f${model}%2finfer`,
  (model) => `http://localhost/v2/models/${model}/infer`,
  (model) => `/v2/models/${model}/infer?model=open`,
  (model) => `/v2/models/${model}/generate`,
];

function encodeAll(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
}

function encodeFirst(text: string): string {
  return `${encodeAll(text.slice(0, 1))}${text.slice(1)}`;
}

describe.each([true, false])('a guest who may ask one model only (fast path: %o)', (fastPath) => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(
      {
        'open/1/': '',
        'open/model.yaml': echoModel('labels: { stable: 1 }'),
        [`${HIDDEN}/1/`]: '',
        [`${HIDDEN}/model.yaml`]: echoModel('labels: { stable: 1 }'),
      },
      {
        auth: {
          keys: [
            { name: 'guest', key: KEY, scopes: [] },
            { name: 'other', key: OTHER_KEY, scopes: ['infer'] },
          ],
          bindings: [{ principal: 'key:guest', role: 'caller', models: ['open'] }],
        },
        server: { fastPath },
      },
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    server.send(`POST ${path}`, TENSOR, { authorization: `Bearer ${KEY}`, ...headers });

  it('gets answers of that one', async () => {
    const { status, body } = await ask('/v2/models/open/infer');
    expect([status, JSON.parse(body.toString()).model_name]).toEqual([200, 'open']);
    // Nothing but the path says what is asked.
    const queried = await ask(`/v2/models/open/infer?model=${HIDDEN}`, {
      'x-original-url': `/v2/models/${HIDDEN}/infer`,
    });
    expect([queried.status, JSON.parse(queried.body.toString()).model_name]).toEqual([200, 'open']);
  });

  it('may spell that one by codes of its characters, the @ of a label included', async () => {
    expect([await ask('/v2/models/open%40stable/infer'), await ask('/v2/models/%6fpen/infer')]).toMatchObject([
      { status: 200 },
      { status: 200 },
    ]);
  });

  it('is refused with a credential that comes twice', async () => {
    const { status } = await ask('/v2/models/open/infer', { Authorization: `Bearer ${OTHER_KEY}` });
    expect(status).toBe(401);
  });

  it('finds no spelling of a path that leads to another one, or tells that it is there', async () => {
    const answers = async (model: string) => {
      const found: (readonly [path: string, status: number, body: string])[] = [];
      for (const spell of SPELLINGS) {
        const path = spell(model);
        const { status, body } = await ask(path);
        found.push([nameless(path, model), status, nameless(body.toString(), model)]);
      }
      return found;
    };
    const [hidden, unknown] = [await answers(HIDDEN), await answers(UNKNOWN)];
    expect(hidden).toEqual(unknown);
    expect(hidden.filter(([, status]) => status < 400)).toEqual([]);
  });

  it('writes nothing into the log but the values of its lines', async () => {
    const before = server.log.length;
    const evil = 'x\n{"level":"error","msg":"forged"}\u001b[2J';
    await ask(`/v2/models/${encodeURIComponent(evil)}/infer`, {
      'x-request-id': 'a\u001b[31mb',
      'user-agent': '\u001b]0;x',
    });
    await server.send('POST /v1/chat/completions', JSON.stringify({ model: evil, messages: [] }), {
      authorization: `Bearer ${KEY}`,
    });
    await ask('/v2/models/open%0a%7b%22level%22%3a%22fatal%22%7d/infer');
    const lines = server.log.slice(before);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ msg, level }) => msg === 'forged' || level === 'fatal')).toEqual([]);
  });
});

/** With the name of the model left out, in whatever code. */
function nameless(text: string, model: string): string {
  const spelled = [model, encodeAll(model), encodeFirst(model), model.toUpperCase()];
  return spelled.reduce((rest, name) => rest.replaceAll(name, '…'), text);
}
