import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

const KEY = 'app-key-0123456789';
/** Stands for all that nobody wants to read in a log. */
const SECRET = 'seldom-seen-text';

const TEXTS = `runtime: echo
inputs: [{ name: x, datatype: BYTES, shape: [1] }]
outputs: [{ name: x, datatype: BYTES, shape: [1] }]
`;
const HEADERS = {
  'user-agent': SECRET,
  cookie: SECRET,
  referer: `http://localhost/${SECRET}`,
  'x-own': SECRET,
  tracestate: `own=${SECRET}`,
  authorization: `Bearer ${KEY}`,
};
const tensor = (datatype = 'BYTES', shape = [1]) => ({
  inputs: [{ name: 'x', datatype, shape, data: [SECRET] }],
  parameters: { own: SECRET },
});

describe('the log at its most talkative', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(
      {
        'echo/1/': '',
        'echo/model.yaml': TEXTS,
        'faulty/1/': '',
        'faulty/model.yaml': `${TEXTS}echo: { faults: true }`,
        'thrower/1/model.ts': `import { ModelError } from 'millrace/model';
export default {
  inputs: { x: 'BYTES[1]' }, outputs: { x: 'BYTES[1]' },
  infer({ inputs, parameters }) {
    if (parameters.mode === 'throw') throw new TypeError('cannot take ' + inputs.x.data[0]);
    if (parameters.mode === 'print') console.log('got ' + inputs.x.data[0]);
    if (parameters.mode === 'refuse') throw new ModelError('invalid_argument', 'not this one');
    return { x: inputs.x.data };
  },
};`,
      },
      {
        auth: { keys: [{ name: 'app', key: KEY, scopes: ['infer', 'observe'] }] },
        server: { httpHeaderForwardPattern: '^x-own', grpcHeaderForwardPattern: '^x-own' },
        telemetry: { logLevel: 'trace', accessLogSuccessesPerSecond: 1_000 },
      },
    );
  });
  afterAll(async () => {
    await closeGrpcServers();
    await server[Symbol.asyncDispose]();
  });

  /** The lines that `work` leaves, as one text. */
  async function logged(work: () => Promise<unknown>): Promise<string> {
    const before = server.log.length;
    await work();
    expect(server.log.length).toBeGreaterThan(before);
    return JSON.stringify(server.log.slice(before));
  }

  it.each([
    ['an inference', 'echo', tensor(), 200],
    ['a tensor of a wrong shape', 'echo', tensor('BYTES', [2]), 400],
    ['a tensor of a wrong type', 'echo', tensor('FP32'), 400],
    ['a model that fails', 'faulty', { ...tensor(), parameters: { fault: 'raiseItem', own: SECRET } }, 500],
    ['a model that refuses', 'thrower', { ...tensor(), parameters: { mode: 'refuse' } }, 400],
    ['a model that is not there', 'nowhere', tensor(), 404],
  ])('holds no tensor, parameter, header or key of %s', async (_what, model, request, status) => {
    const text = await logged(async () => expect((await server.infer(model, request, HEADERS)).status).toBe(status));
    expect(text).not.toContain(KEY);
    expect(text).not.toContain(SECRET);
  });

  it('holds no query, and no key that is not known', async () => {
    const text = await logged(async () => {
      await server.send(`GET /v2/models/echo?key=${SECRET}`, '', HEADERS);
      await server.send('GET /v2/models/echo', '', { authorization: `Bearer ${SECRET}-0123456789` });
      await server.send('GET /v2/models/echo', '', { authorization: SECRET });
    });
    expect(text).not.toContain(SECRET);
  });

  it('holds nothing of a message or of metadata over gRPC', async () => {
    const client = new GrpcClient(server.addresses.grpc?.url ?? '');
    const message = protoBytes('ModelInferRequest', {
      model_name: 'echo',
      inputs: [
        {
          name: 'x',
          datatype: 'BYTES',
          shape: [1],
          contents: { bytes_contents: [Buffer.from(SECRET).toString('base64')] },
        },
      ],
    });
    const text = await logged(async () => {
      const metadata = { authorization: `Bearer ${KEY}`, 'x-own': SECRET, cookie: SECRET };
      const path = '/inference.GRPCInferenceService/ModelInfer';
      expect((await client.unary(message, { path, metadata })).status.code).toBe(0);
    });
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(KEY);
  });

  it('holds what a model prints and throws unforeseen, as the documentation says', async () => {
    const line = (start: string) =>
      new Promise((resolve) => {
        server.app.events.subscribe('diagnostic', ({ message }) => message.startsWith(start) && resolve(message));
      });
    const thrown = line('infer failed');
    const printed = line('got ');
    const ask = (mode: string) => server.infer('thrower', { ...tensor(), parameters: { mode } }, HEADERS);
    expect((await ask('throw')).body.error).toBe(
      "model 'thrower' failed with TypeError; the server log has the details",
    );
    await ask('print');
    expect(await thrown).toContain(`TypeError: cannot take ${SECRET}`);
    expect(await printed).toBe(`got ${SECRET}`);
  });

  it('quotes of a refused request what its caller is told, and at most 2,000 characters of that', async () => {
    const host = `${'x'.repeat(4_000)}.example`;
    const text = await logged(async () => {
      expect((await server.send('GET /v2', '', { ...HEADERS, host })).status).toBe(421);
    });
    expect(text).not.toContain('x'.repeat(2_000));
  });
});
