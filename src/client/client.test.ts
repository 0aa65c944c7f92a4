import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  ANSWER,
  client,
  closeServer,
  failure,
  infers,
  METADATA,
  server,
  start,
  startBare,
  X,
} from '../../test/support/client-fixture.js';
import { jsonAnswer, type SeenRequest } from '../../test/support/fake-server.js';
import { connect } from './index.js';

afterEach(closeServer);
afterEach(() => void vi.useRealTimers());

function splitBody(request: SeenRequest) {
  const length = Number(request.headers['inference-header-content-length']);
  return { header: JSON.parse(request.body.subarray(0, length).toString()), tail: request.body.subarray(length) };
}

describe('infer', () => {
  it('sends tensors as binary and asks for binary ones', async () => {
    await start(() => jsonAnswer(ANSWER));
    await client()
      .model('mlp')
      .infer(
        { x: Float32Array.of(1, 2, 3, 4) },
        { id: 'seven', priority: 2, queueTimeoutMs: 1.5, sequence: { id: 7n, start: true } },
      );
    const { header, tail } = splitBody(infers()[0] as SeenRequest);
    expect(header).toEqual({
      id: 'seven',
      parameters: {
        priority: 2,
        timeout: 1500,
        sequence_id: 7,
        sequence_start: true,
        sequence_end: false,
        binary_data_output: true,
      },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
    });
    expect(Array.from(new Float32Array(new Uint8Array(tail).buffer))).toEqual([1, 2, 3, 4]);
    expect(infers()[0]?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'accept-encoding': 'identity',
    });
  });

  it('reads binary tensors, unaligned as they come', async () => {
    const head = JSON.stringify({
      model_name: 'mlp',
      model_version: '3',
      id: 'seven',
      parameters: { seed: 4 },
      outputs: [
        { name: 'y', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
        { name: 'names', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: 10 } },
      ],
    });
    const tail = Buffer.concat([
      Buffer.from(Float32Array.of(0.25, 0.75).buffer),
      Buffer.from([1, 0, 0, 0, 0xff, 1, 0, 0, 0, 0x61]),
    ]);
    await start(() => ({
      headers: {
        'inference-header-content-length': String(head.length),
        'x-request-id': 'r-1',
        'server-timing': 'queue;dur=0.12, compute;desc="run";dur=1.9',
      },
      body: Buffer.concat([Buffer.from(head), tail]),
    }));
    const result = await client().model('mlp').infer(X);
    expect(result).toMatchObject({
      modelName: 'mlp',
      modelVersion: '3',
      id: 'seven',
      parameters: { seed: 4 },
      requestId: 'r-1',
      timingMs: { queue: 0.12, compute: 1.9 },
    });
    expect(result.outputs.y).toMatchObject({ datatype: 'FP32', shape: [1, 2], data: Float32Array.of(0.25, 0.75) });
    expect(result.outputs.names?.bytes()).toEqual([Uint8Array.of(0xff), Uint8Array.of(0x61)]);
    expect(result.outputs.names?.data).toEqual(['\ufffd', 'a']);
    expect(result.outputs.y?.toNested()).toEqual([[0.25, 0.75]]);
    expect(() => result.outputs.y?.bytes()).toThrow("output 'y' is FP32, not BYTES: use its data");
  });

  it('speaks JSON when told to, losing neither long integers nor NaN', async () => {
    const outputs =
      '[{"name":"i","datatype":"INT64","shape":[2],"data":[9007199254740993,-9223372036854775808]},' +
      '{"name":"f","datatype":"FP32","shape":[4],"data":[NaN,-Infinity,0.1234567890123456,1e30]},' +
      '{"name":"s","datatype":"BYTES","shape":[2],"data":["NaN","a \\"12345678901234567\\""]},' +
      '{"name":"b","datatype":"BOOL","shape":[2],"data":[true,false]}]';
    await start(() => ({ body: `{"model_name":"mlp","outputs":${outputs}}` }));
    const input = { data: [9_007_199_254_740_993n], shape: [1], datatype: 'INT64' } as const;
    const { outputs: got } = await client({ binary: false })
      .model('mlp')
      .infer(
        {
          n: input,
          f: { data: Float32Array.of(Number.NaN, 0.1), shape: [2] },
          b: { data: [true], shape: [1], datatype: 'BOOL' },
        },
        { parameters: { seed: 2n ** 60n }, outputs: ['i'] },
      );
    expect(infers()[0]?.body.toString()).toBe(
      '{"parameters":{"seed":1152921504606846976},"inputs":[{"name":"n","datatype":"INT64","shape":[1],"data":[9007199254740993]},' +
        '{"name":"f","datatype":"FP32","shape":[2],"data":[NaN,0.1]},{"name":"b","datatype":"BOOL","shape":[1],"data":[true]}],' +
        '"outputs":[{"name":"i"}]}',
    );
    expect(got.i?.data).toEqual(BigInt64Array.of(9_007_199_254_740_993n, -9_223_372_036_854_775_808n));
    expect(got.f?.data).toEqual(Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 0.1234567890123456, 1e30));
    expect(got.s?.data).toEqual(['NaN', 'a "12345678901234567"']);
    expect(got.b?.data).toEqual(Uint8Array.of(1, 0));
  });

  it('refuses to put bytes that are not text into JSON', async () => {
    await start(() => jsonAnswer(ANSWER));
    const input = { data: [Uint8Array.of(0xff)], shape: [1], datatype: 'BYTES' } as const;
    const error = await failure(client({ binary: false }).model('mlp').infer({ x: input }));
    expect(error.message).toBe("input 'x' holds bytes that are not text: send it as binary");
  });

  it('addresses one version and escapes names', async () => {
    await start(() => jsonAnswer(ANSWER));
    const explicit = { data: Float32Array.of(1), shape: [1] };
    await client().model('a/b c', { version: 2 }).infer({ x: explicit });
    expect(server.seen.map((request) => request.url)).toEqual(['/v2/models/a%2Fb%20c/versions/2/infer']);
  });

  it('says what is wrong with an answer that is no inference response', async () => {
    await start(() => jsonAnswer({ ...ANSWER, outputs: [{ name: 'y', datatype: 'FP32', shape: [3], data: [1] }] }));
    const error = await failure(client().model('mlp').infer(X));
    expect(error.code).toBe('internal');
    expect(error.message).toBe(
      "the server's answer is not an inference response: output 'y' holds 1 element, its shape [3] says otherwise",
    );
  });

  it('types inputs and outputs by the printed type of a model', () => {
    interface Mlp {
      readonly inputs: { readonly x: 'FP32'; readonly ids?: 'INT64' };
      readonly outputs: { readonly y: 'FP32'; readonly label: 'BYTES' };
    }
    const model = connect('localhost:1').model<Mlp>('mlp');
    type Result = Awaited<ReturnType<typeof model.infer>>;
    expectTypeOf<Result['outputs']['y']['data']>().toEqualTypeOf<Float32Array>();
    expectTypeOf<Result['outputs']['label']['data']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf(model.infer).parameter(0).toHaveProperty('x');
    // @ts-expect-error: text is not what an FP32 input takes
    const wrong: ScalarParameters<typeof model.infer>[0] = { x: 'text' };
    expect(wrong).toBeDefined();
  });
});

describe('classify', () => {
  it("gives the model's first output as scores with labels, a list for each row", async () => {
    const data = ['3.5:4:four', '2.25:6:six', '9:0:a:b', '5:7'];
    await start(() => jsonAnswer({ ...ANSWER, outputs: [{ name: 'y', datatype: 'BYTES', shape: [2, 2], data }] }));
    const rows = await client()
      .model('mlp')
      .classify(
        {
          x: [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
        },
        { top: 2 },
      );
    expect(splitBody(infers()[0] as SeenRequest).header.outputs).toEqual([
      { name: 'y', parameters: { classification: 2 } },
    ]);
    expect(rows).toEqual([
      [
        { score: 3.5, index: 4, label: 'four' },
        { score: 2.25, index: 6, label: 'six' },
      ],
      [
        { score: 9, index: 0, label: 'a:b' },
        { score: 5, index: 7, label: undefined },
      ],
    ]);
  });
});

describe('metadata', () => {
  it('is fetched once for many requests', async () => {
    await start(() => jsonAnswer(ANSWER));
    const model = client().model('mlp');
    await Promise.all([model.infer(X), model.infer(X)]);
    await model.infer(X);
    expect(server.seen.filter((request) => request.method === 'GET')).toHaveLength(1);
  });

  it('is fetched again after a misfit, and the request sent again when the model has changed', async () => {
    let datatype = 'INT64';
    await startBare((request) => {
      if (request.method === 'GET')
        return jsonAnswer({ ...METADATA, inputs: [{ name: 'x', datatype, shape: [-1, 4] }] });
      const sent = splitBody(request).header.inputs[0].datatype;
      return sent === datatype ? jsonAnswer(ANSWER) : jsonAnswer({ error: `expected ${datatype}, got ${sent}` }, 400);
    });
    const model = client().model('mlp');
    await model.infer(X);
    datatype = 'FP32';
    await model.infer(X);
    expect(server.seen.map((request) => request.method)).toEqual(['GET', 'POST', 'POST', 'GET', 'POST']);
  });

  it('leaves a 400 alone when the model has not changed', async () => {
    await start((_, index) => (index === 0 ? jsonAnswer(ANSWER) : jsonAnswer({ error: 'no' }, 400)));
    const model = client().model('mlp');
    await model.infer(X);
    expect((await failure(model.infer(X))).message).toBe('no');
    expect(infers()).toHaveLength(2);
  });

  it('names the inputs when one is unknown', async () => {
    await start(() => jsonAnswer(ANSWER));
    const error = await failure(
      client()
        .model('mlp')
        .infer({ z: [1] }),
    );
    expect(error).toMatchObject({ code: 'invalid_argument', status: 0 });
    expect(error.message).toBe("model 'mlp' has no input 'z'; its inputs are 'x'");
  });

  it('is asked for again after it could not be fetched', async () => {
    let broken = true;
    await startBare((request) => {
      if (request.method === 'POST') return jsonAnswer(ANSWER);
      return broken ? jsonAnswer({ error: "model 'mlp' is not known" }, 404) : jsonAnswer(METADATA);
    });
    const model = client().model('mlp');
    expect((await failure(model.infer(X))).code).toBe('not_found');
    broken = false;
    expect((await model.infer(X)).outputs.y?.shape).toEqual([1, 2]);
  });
});

describe('the server around the models', () => {
  it('is described, listed, loaded and unloaded', async () => {
    await start(({ url }) => {
      if (url === '/v2') return jsonAnswer({ name: 'millrace', version: '0', extensions: [] });
      if (url === '/v2/repository/index') return jsonAnswer([{ name: 'mlp', version: '1', state: 'READY' }]);
      if (url.endsWith('/stats')) return jsonAnswer({ model_stats: [{ name: 'mlp' }] });
      if (url.endsWith('/config')) return jsonAnswer({ max_batch_size: 8 });
      return {};
    });
    const millrace = client({ key: 'secret', headers: { 'x-tenant': 'a' } });
    expect((await millrace.metadata()).name).toBe('millrace');
    expect(await millrace.models({ readyOnly: true })).toEqual([{ name: 'mlp', version: '1', state: 'READY' }]);
    expect(await millrace.statistics()).toEqual([{ name: 'mlp' }]);
    expect(await millrace.model('mlp').statistics()).toEqual([{ name: 'mlp' }]);
    expect(await millrace.model('mlp').config()).toEqual({ max_batch_size: 8 });
    await millrace.load('mlp', { config: { maxBatchSize: 8 } });
    await millrace.load('mlp');
    await millrace.unload('mlp');
    expect(server.seen.filter(({ method }) => method === 'POST').map(({ url, body }) => `${url} ${body}`)).toEqual([
      '/v2/repository/index {"ready":true}',
      '/v2/repository/models/mlp/load {"parameters":{"config":"{\\"maxBatchSize\\":8}"}}',
      '/v2/repository/models/mlp/load {}',
      '/v2/repository/models/mlp/unload {}',
    ]);
    expect(server.seen[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-tenant': 'a' });
  });

  it.each([
    [200, true],
    [400, false],
    [404, false],
    [503, false],
  ])('takes %i for ready: %s', async (status, ready) => {
    await start(() => ({ status }));
    expect(await client().ready()).toBe(ready);
    expect(await client().live()).toBe(ready);
    expect(await client().model('mlp').ready()).toBe(ready);
  });

  it('does not take a refusal for an answer', async () => {
    await start(() => ({ status: 401, body: '{"error":"a bearer key is needed"}' }));
    expect((await failure(client().ready())).code).toBe('unauthenticated');
  });

  it('may live under a path', async () => {
    await start(() => jsonAnswer({ name: 'millrace' }));
    await connect(`${server.url.replace('http://', '')}/gateway/`).metadata();
    expect(server.seen[0]?.url).toBe('/gateway/v2');
  });

  it('says when there is no inference server behind the address', async () => {
    await start(() => ({ body: 'hello' }));
    expect((await failure(client().metadata())).message).toBe(
      "the server's answer is not JSON: is this an inference server?",
    );
  });
});
