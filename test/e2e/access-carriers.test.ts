import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { credentials as channel } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARRIERS_OF, type Carrier, HEADERS, SIGNED_DIALECT } from '../support/access-carriers.js';
import { askGrpc } from '../support/access-grpc.js';
import { askHttp, requestOf } from '../support/access-http.js';
import type { AccessRow } from '../support/access-row.js';
import { GRPC_READING_ROWS, GRPC_ROWS, HTTP_ROWS } from '../support/access-rows.js';
import {
  type Caller,
  GRPC_STATUSES,
  HTTP_STATUSES,
  idOf,
  readAccessTables,
  verdictFor,
} from '../support/access-tables.js';
import {
  type CarrierServer,
  type Credential,
  certificateOf,
  SERVER_CERTIFICATE,
  SIGNERS,
  startCarrierServer,
} from '../support/carrier-server.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { signAws } from '../support/sign-aws.js';

const { dialects, own, shared, docs, fallbacks, methods } = await readAccessTables();

/** A route, and the ways to send a credential that it has. */
interface Way {
  readonly id: string;
  readonly reads: readonly Carrier[];
  /** It changes the server. */
  readonly control: boolean;
}

const readBy = (name: string): readonly Carrier[] => CARRIERS_OF[name] ?? [];
const WAYS: readonly Way[] = [
  ...own.map(({ dialect: { name }, route }): Way => {
    const isSigned = name === SIGNED_DIALECT && route.inference === true;
    return {
      id: idOf(route),
      reads: isSigned ? [...readBy(name), 'signature'] : readBy(name),
      control: route.control,
    };
  }),
  ...shared.map((route): Way => ({ id: idOf(route), reads: readBy('shared'), control: false })),
  ...[...docs, ...fallbacks].map(
    (route): Way => ({
      id: idOf(route),
      reads: readBy('documentation'),
      control: false,
    }),
  ),
];
const METRICS: Way = { id: 'GET /metrics', reads: readBy('metrics'), control: false };

it('every dialect says how its credentials are sent, and every route is asked', () => {
  const names = [...dialects.map(({ name }) => name), 'shared', 'documentation', 'metrics', 'grpc'];
  expect(Object.keys(CARRIERS_OF).sort()).toEqual(names.sort());
  expect([...WAYS, METRICS].map(({ id }) => id).sort()).toEqual(Object.keys(HTTP_ROWS).sort());
});

/** The headers of a signature in the place of a caller's key; a stranger's is that of who may do everything, but an hour old. */
function signed(id: string, caller: Caller): Readonly<Record<string, string>> {
  const { method, path, body } = requestOf(id);
  const isOld = caller === 'stranger';
  const signer = SIGNERS.find(({ key }) => key === (isOld ? 'admin' : caller)) ?? { id: '', secret: '' };
  const date = new Date(Date.now() - (isOld ? 3_600_000 : 0));
  return signAws({ method, url: `https://localhost${path}`, body }, { ...signer, date });
}

const headerOf = (carrier: (typeof HEADERS)[number], text: string) => ({
  [carrier]: carrier === 'authorization' ? `Bearer ${text}` : text,
});

/** Whom what is sent is taken for: for nobody, where nobody reads it. */
const seenAs = (caller: Caller, carrier: Carrier, reads: readonly Carrier[]): Caller =>
  reads.includes(carrier) ? caller : 'nobody';

type Listener = 'http' | 'metrics' | 'admin';

/** What was sent, and what was answered. */
type Answer = readonly [carrier: string, credential: string, status: number | undefined];

describe.each([-1, 0])('with admin port %i', (adminPort) => {
  let started: CarrierServer;
  const agents: Record<string, Agent> = {};
  beforeAll(async () => {
    started = await startCarrierServer(adminPort);
    for (const name of ['', 'spiffe', 'dns', 'expired']) {
      const shown = name === '' ? {} : certificateOf(name);
      agents[name] = new Agent({ keepAlive: true, rejectUnauthorized: false, ...shown });
    }
  });
  afterAll(async () => {
    for (const agent of Object.values(agents)) agent.destroy();
    await closeGrpcServers();
    await started[Symbol.asyncDispose]();
  });

  const ask = async (listener: Listener, id: string, request: Parameters<typeof askHttp>[2], certificate = '') => {
    const port = started.server.addresses[listener]?.port;
    const place = { protocol: 'https:', host: '127.0.0.1', port, agent: agents[certificate] };
    return (await askHttp(place, id, request)).status;
  };

  /** Everything that can be sent over HTTP, and whom the sender is to be taken for. */
  function sendings({ id, reads }: Way) {
    const { credentials } = started;
    const old = credentials.find(({ caller }) => caller === 'stranger') as Credential;
    return [
      ...HEADERS.flatMap((carrier) =>
        credentials.map(({ name, text, caller }) => ({
          sent: [carrier, name] as const,
          as: seenAs(caller, carrier, reads),
          request: { headers: headerOf(carrier, text) },
        })),
      ),
      ...(['admin', 'roleless', 'stranger'] as const).map((caller) => ({
        sent: ['signature', caller] as const,
        as: seenAs(caller, 'signature', reads),
        request: { headers: signed(id, caller) },
      })),
      ...credentials.map(({ name, text, caller }) => ({
        sent: ['url', name] as const,
        as: seenAs(caller, 'url', reads),
        request: { search: `?api_key=${encodeURIComponent(text)}` },
      })),
      { sent: ['certificate', 'of who may'] as const, as: 'admin' as const, request: {}, certificate: 'spiffe' },
      { sent: ['certificate', 'of who may not'] as const, as: 'roleless' as const, request: {}, certificate: 'dns' },
      // Whoever sends something else besides is whom that says, or nobody.
      ...HEADERS.map((carrier) => ({
        sent: [carrier, `certificate and ${old.name}`] as const,
        as: reads.includes(carrier) ? ('stranger' as const) : ('admin' as const),
        request: { headers: headerOf(carrier, old.text) },
        certificate: 'spiffe',
      })),
    ];
  }

  const listeners: readonly (readonly [listener: Listener, id: string, way: Way])[] =
    adminPort < 0
      ? [...WAYS.map((way) => ['http', way.id, way] as const), ['metrics', METRICS.id, METRICS]]
      : WAYS.filter(({ control }) => control).map((way) => ['admin', way.id, way] as const);
  it.each(listeners)('on %s: %s', async (listener, id, way) => {
    const row = HTTP_ROWS[id] as AccessRow;
    const found: Answer[] = [];
    const expected: Answer[] = [];
    for (const { sent, as, request, ...more } of sendings(way)) {
      expected.push([...sent, HTTP_STATUSES[verdictFor(as, row)](row)]);
      found.push([...sent, await ask(listener, id, request, 'certificate' in more ? more.certificate : '')]);
    }
    expect(found).toEqual(expected);
  });

  it('a certificate that has expired gets no answer, even for what everybody may ask', async () => {
    await expect(ask(adminPort < 0 ? 'http' : 'admin', 'GET /v2/health/live', {}, 'expired')).rejects.toThrow();
  });

  const rows = adminPort < 0 ? [...Object.entries(GRPC_ROWS), ...Object.entries(GRPC_READING_ROWS)] : [];
  it.each(rows)('over gRPC: %s', async (path, row) => {
    const method = methods.find((each) => each.path === path);
    if (method === undefined) throw new Error(`there is no method ${path}`);
    const found: Answer[] = [];
    const expected: Answer[] = [];
    const question = { method, request: row.request };
    const carriers = readBy(path.startsWith('/tei.v1.') ? 'tei' : 'grpc');
    const add = async (client: GrpcClient, sent: readonly [string, string], as: Caller, metadata: object) => {
      expected.push([...sent, GRPC_STATUSES[verdictFor(as, row)](row)]);
      found.push([...sent, await askGrpc(client, { ...question, metadata: { ...metadata } })]);
    };
    const [plain, admin, roleless] = ['', 'spiffe', 'dns'].map((name) => grpcClient(started, name)) as [
      GrpcClient,
      GrpcClient,
      GrpcClient,
    ];
    for (const carrier of HEADERS) {
      for (const { name, text, caller } of started.credentials) {
        await add(plain, [carrier, name], seenAs(caller, carrier, carriers), headerOf(carrier, text));
      }
      const old = started.credentials.find(({ caller }) => caller === 'stranger') as Credential;
      const as = carriers.includes(carrier) ? 'stranger' : 'admin';
      await add(admin, [carrier, `certificate and ${old.name}`], as, headerOf(carrier, old.text));
    }
    await add(plain, ['signature', 'admin'], 'nobody', {
      authorization: signed('POST /invocations', 'admin').authorization,
    });
    await add(admin, ['certificate', 'of who may'], 'admin', {});
    await add(roleless, ['certificate', 'of who may not'], 'roleless', {});
    expect(found).toEqual(expected);
  });
});

const grpcClients = new Map<string, GrpcClient>();
/** One for each certificate. */
function grpcClient({ server }: CarrierServer, name: string): GrpcClient {
  const known = grpcClients.get(name);
  if (known !== undefined) return known;
  const { cert, key } = name === '' ? { cert: null, key: null } : certificateOf(name);
  const secure = channel.createSsl(readFileSync(SERVER_CERTIFICATE), key, cert);
  const client = new GrpcClient(`localhost:${server.grpcPort}`, {}, secure);
  grpcClients.set(name, client);
  return client;
}
