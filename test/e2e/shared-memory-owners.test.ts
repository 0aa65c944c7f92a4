import { rmSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { bearer } from '../support/key-server.js';
import { createSharedObject, type SharedObject } from '../support/shared-object.js';

const FLOATS = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [4] }]
outputs: [{ name: y, datatype: FP32, shape: [4] }]
instances: { placement: inline }
`;
const keyOf = (name: string) => `a-key-of-${name}-that-is-long-enough`;
const SECRET = bytesOf(Float32Array.of(4, 8, 15, 16));

// biome-ignore lint/suspicious/noExplicitAny: of any shape; a refusal as its status and message
type Json = any;

interface Registration {
  readonly name: string;
  readonly key: string;
  readonly offset?: number | string;
  readonly byte_size: number | string;
}

/** HTTP or gRPC; answers are JSON, or the status and the message of the refusal. */
interface Api {
  register(as: string, registration: Registration): Promise<unknown>;
  unregister(as: string, name?: string): Promise<unknown>;
  /** Names of the regions in the answer. */
  status(as: string, name?: string): Promise<readonly string[] | string>;
  /** Floats that an inference on the region answers, or where `into` is given, has written there. */
  infer(as: string, region: string, into?: string): Promise<unknown>;
}

let server: AppServer;
let object: SharedObject;
const objects: SharedObject[] = [];
const create = (content: Uint8Array | number) => {
  const made = createSharedObject(content);
  objects.push(made);
  return made;
};

beforeAll(async () => {
  server = await startAppServer(
    { 'floats/model.yaml': FLOATS },
    {
      sharedMemory: { enabled: true, maxRegions: 8 },
      auth: {
        keys: [
          ...['alice', 'bob'].map((name) => ({ name, key: keyOf(name), scopes: ['infer' as const] })),
          { name: 'reader', key: keyOf('reader'), scopes: [] },
          { name: 'ops', key: keyOf('ops'), scopes: ['manage'] },
          { name: 'all', key: keyOf('all'), scopes: ['infer', 'observe', 'manage'] },
        ],
        roles: { reader: ['model.read', 'model.infer'] },
        bindings: [{ principal: 'key:reader', role: 'reader' }],
      },
    },
  );
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
  for (const each of objects) each[Symbol.dispose]();
});

const SHARED = { shared_memory_byte_size: 16 };
const DATA = { name: 'x', datatype: 'FP32', shape: [4], data: [1, 2, 3, 4] };

const SYSTEM = '/v2/systemsharedmemory';
const pathOf = (name: string | undefined) =>
  name === undefined ? SYSTEM : `${SYSTEM}/region/${encodeURIComponent(name)}`;

const REST: Api = {
  register: (as, { name, key, offset = 0, byte_size }) =>
    post(as, `${pathOf(name)}/register`, { key, offset: Number(offset), byte_size: Number(byte_size) }),
  unregister: (as, name) => post(as, `${pathOf(name)}/unregister`, {}),
  async status(as, name) {
    const answer = await send(as, `GET ${pathOf(name)}/status`);
    return typeof answer === 'string' ? answer : answer.map((region: { name: string }) => region.name);
  },
  async infer(as, region, into) {
    const from = { name: 'x', datatype: 'FP32', shape: [4], parameters: { ...SHARED, shared_memory_region: region } };
    const to = { name: 'y', parameters: { ...SHARED, shared_memory_region: into } };
    const answer = await post(
      as,
      '/v2/models/floats/infer',
      into === undefined ? { inputs: [from] } : { inputs: [DATA], outputs: [to] },
    );
    return typeof answer === 'string' ? answer : (answer.outputs[0].data ?? 'written');
  },
};

async function send(as: string, line: string, body = ''): Promise<Json> {
  const { status, body: bytes } = await server.send(line, body, bearer(keyOf(as)));
  const answer = bytes.length === 0 ? {} : JSON.parse(bytes.toString());
  return status === 200 ? answer : `${status} ${answer.error}`;
}

const post = (as: string, path: string, body: object) => send(as, `POST ${path}`, JSON.stringify(body));

async function call(as: string, method: string, request: object): Promise<Json> {
  const [requestName, responseName] =
    method === 'ModelInfer' ? ['ModelInferRequest', 'ModelInferResponse'] : [`${method}Request`, `${method}Response`];
  const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
  const options = { path: `/inference.GRPCInferenceService/${method}`, metadata: bearer(keyOf(as)) };
  const { message, error } = await client.unary(protoBytes(requestName, request), options);
  return message === undefined ? `${error?.code} ${error?.details}` : protoJson(responseName, [message]);
}

const GRPC: Api = {
  register: (as, region) => call(as, 'SystemSharedMemoryRegister', region),
  unregister: (as, name = '') => call(as, 'SystemSharedMemoryUnregister', { name }),
  async status(as, name = '') {
    const answer = await call(as, 'SystemSharedMemoryStatus', { name });
    return typeof answer === 'string' ? answer : Object.keys(answer.regions);
  },
  async infer(as, region, into) {
    const parameters = {
      shared_memory_region: { string_param: into ?? region },
      shared_memory_byte_size: { int64_param: '16' },
    };
    const from = { name: 'x', datatype: 'FP32', shape: [4] };
    const request =
      into === undefined
        ? { model_name: 'floats', inputs: [{ ...from, parameters }] }
        : {
            model_name: 'floats',
            inputs: [{ ...from, contents: { fp32_contents: DATA.data } }],
            outputs: [{ name: 'y', parameters }],
          };
    const answer = await call(as, 'ModelInfer', request);
    if (typeof answer === 'string') return answer;
    const bytes = Buffer.from(answer.raw_output_contents[0], 'base64');
    return bytes.length === 0 ? 'written' : Array.from({ length: 4 }, (_, index) => bytes.readFloatLE(4 * index));
  },
};

describe.each([
  ['REST', REST, { notFound: 404, denied: 403, invalid: 400 }],
  ['gRPC', GRPC, { notFound: 5, denied: 7, invalid: 3 }],
])('over %s', (_, api, codes) => {
  beforeEach(async () => {
    await api.unregister('ops');
    object = create(SECRET);
    expect(await api.register('alice', { name: 'in', key: object.key, byte_size: 16 })).toEqual({});
  });

  it("another caller's region is as one that is not registered: not read, written, listed or unregistered", async () => {
    const unknown = (name: string) => `no shared memory region '${name}' is registered`;
    expect(await api.infer('bob', 'in')).toBe(`${codes.notFound} input 'x': ${unknown('in')}`);
    expect(await api.infer('bob', 'none')).toBe(`${codes.notFound} input 'x': ${unknown('none')}`);
    expect(await api.infer('bob', '', 'in')).toBe(`${codes.notFound} output 'y': ${unknown('in')}`);
    expect(await api.status('bob')).toEqual([]);
    expect(await api.status('bob', 'in')).toBe(`${codes.notFound} ${unknown('in')}`);
    for (const name of ['in', 'alice/in', undefined]) expect(await api.unregister('bob', name)).toEqual({});
    expect(await api.status('alice')).toEqual(['in']);
    expect(await api.infer('alice', 'in')).toEqual([4, 8, 15, 16]);
    expect(object.content()).toEqual(Buffer.from(SECRET));
  });

  it("another caller's object cannot be registered, nor used through a region of one's own", async () => {
    const taken = `${codes.denied} shared memory object '${object.key}' is registered by another caller; use an object of your own`;
    expect(await api.register('bob', { name: 'mine', key: object.key, byte_size: 16 })).toBe(taken);
    const own = create(bytesOf(Float32Array.of(1, 2, 3, 4)));
    expect(await api.register('bob', { name: 'in', key: own.key, byte_size: 16 })).toEqual({});
    expect(await api.infer('bob', 'in')).toEqual([1, 2, 3, 4]);
    expect(await api.infer('alice', '', 'in')).toBe('written');
    expect([object.content(), own.content()]).toEqual(
      [DATA.data, DATA.data].map((values) => Buffer.from(bytesOf(Float32Array.from(values)))),
    );
  });

  it('regions of all callers can be listed and unregistered by those who manage the server, but not used', async () => {
    expect(await api.register('bob', { name: '__proto__', key: create(16).key, byte_size: 16 })).toEqual({});
    expect([...(await api.status('ops'))].sort()).toEqual(['alice/in', 'bob/__proto__']);
    expect(await api.infer('all', 'alice/in')).toBe(
      `${codes.notFound} input 'x': no shared memory region 'alice/in' is registered`,
    );
    expect(await api.unregister('ops', 'alice/in')).toEqual({});
    expect([await api.status('alice'), await api.status('bob')]).toEqual([[], ['__proto__']]);
    expect(await api.unregister('ops')).toEqual({});
    expect(await api.status('bob')).toEqual([]);
  });

  it("a region needs the right 'memory.use' for each request", async () => {
    const lack = `${codes.denied} 'key:reader' lacks the right 'memory.use'; its roles: reader`;
    expect(await api.register('reader', { name: 'in', key: create(16).key, byte_size: 16 })).toBe(lack);
    expect(await api.infer('reader', 'in')).toBe(lack);
    expect(await api.infer('reader', '', 'in')).toBe(lack);
  });

  it.each(['/../etc/passwd', '/a/../../etc/passwd', '..', '/etc/passwd', '//etc', '/a\0b', ''])(
    'the key %j leads out of /dev/shm and is refused',
    async (key) => {
      expect(await api.register('bob', { name: 'out', key, byte_size: 16 })).toBe(
        `${codes.invalid} shared memory key '${key.replace('\0', '\\u0000')}': expected a name of 1 to 255 bytes without '/' and NUL, after one leading '/'`,
      );
    },
  );

  it('a link in /dev/shm to a file elsewhere is refused', async () => {
    const link = `${object.key}-link`;
    symlinkSync('/etc/hostname', `/dev/shm${link}`);
    try {
      expect(await api.register('bob', { name: 'out', key: link, byte_size: 1 })).toBe(
        `${codes.invalid} '${link}' is no shared memory object but a link, folder or device`,
      );
    } finally {
      rmSync(`/dev/shm${link}`);
    }
  });

  it.each([
    [0, '18446744073709551615'],
    ['18446744073709551615', 16],
    ['9223372036854775807', '9223372036854775807'],
    ['9007199254740991', '9007199254740991'],
    [8, 9],
    [0, 0],
  ])('offset %s and byte size %s lie beyond the object and are refused', async (offset, byte_size) => {
    expect(await api.register('alice', { name: 'far', key: object.key, offset, byte_size })).toMatch(
      new RegExp(`^${codes.invalid} `),
    );
    expect(await api.status('alice')).toEqual(['in']);
  });
});

it('CUDA regions are never registered, so that no caller has one of another', async () => {
  const refusal =
    'this server does not offer CUDA shared memory; use system shared memory or send tensors in the request';
  const handle = { raw_handle: { b64: 'AAAA' }, device_id: 0, byte_size: 16 };
  expect(await post('alice', '/v2/cudasharedmemory/region/in/register', handle)).toBe(`501 ${refusal}`);
  const request = { name: 'in', raw_handle: 'AAAA', device_id: '0', byte_size: '16' };
  expect(await call('alice', 'CudaSharedMemoryRegister', request)).toBe(`12 ${refusal}`);
  expect(await send('bob', 'GET /v2/cudasharedmemory/status')).toEqual([]);
  expect(await call('bob', 'CudaSharedMemoryStatus', {})).toEqual({ regions: {} });
});
