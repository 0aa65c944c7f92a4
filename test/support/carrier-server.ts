import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ALL_ON, type Caller, keyOf } from './access-tables.js';
import { type AppServer, startAppServer } from './app-server.js';
import { echoModel } from './control-fixture.js';
import { startIssuerServer } from './issuer-server.js';
import { RawClient, requestText } from './raw-client.js';
import { issuerOptions } from './token-issuer.js';
import { until } from './until.js';

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
export const SERVER_CERTIFICATE = path.join(TLS, 'first.crt');
const SETUP_KEY = keyOf('setup');
/** What `SigV4` signs with, by the key in whose place it is. */
export const SIGNERS = ['admin', 'roleless'].map((key) => ({
  id: `AKID${key}`,
  secret: `${key}-secret-0123456789`,
  key,
}));

/** Something that opens the door, or does not: then its `caller` is a stranger. */
export interface Credential {
  readonly name: string;
  readonly text: string;
  readonly caller: Caller;
}

/** A server over TLS with every kind of credential, and one of each for who may do everything, nothing, and not any more. */
export interface CarrierServer extends AsyncDisposable {
  readonly server: AppServer;
  readonly credentials: readonly Credential[];
}

/** `spiffe` is the certificate of who may do everything, `dns` that of who may do nothing. */
export function certificateOf(name: string) {
  const file = (ending: string) => readFileSync(path.join(TLS, 'clients', `${name}.${ending}`));
  return { cert: file('crt'), key: file('key') };
}

export async function startCarrierServer(adminPort: number): Promise<CarrierServer> {
  const idp = await startIssuerServer();
  const httpSocket = path.join(tmpdir(), `millrace-carriers-${process.pid}-${adminPort}`);
  const server = await startAppServer(
    { 'echo/1/': '', 'echo/model.yaml': echoModel() },
    {
      ...ALL_ON,
      repository: { controlMode: 'explicit', loadModels: ['*'] },
      auth: {
        maxFailedKeysPerMinute: 0,
        keys: ['setup', 'admin', 'roleless'].map((name) => ({ name, key: keyOf(name), scopes: [] })),
        issuers: [issuerOptions({ issuer: idp.issuer.url, name: 'corp', groupsClaim: 'groups' })],
        bindings: [
          { principal: 'key:setup', role: 'admin' },
          { principal: 'key:admin', role: 'admin' },
          { group: 'admins', role: 'admin' },
          { principal: 'cert:spiffe://example.com/ns/fraud/sa/scorer', role: 'admin' },
        ],
      },
      server: {
        adminPort,
        httpSocket,
        tls: {
          certFile: SERVER_CERTIFICATE,
          keyFile: path.join(TLS, 'first.key'),
          clientCertificates: 'optional',
          clientCaFile: path.join(TLS, 'clients/one.crt'),
        },
      },
      sagemaker: { enabled: true, accessKeys: SIGNERS },
      tei: { enabled: true, model: 'echo' },
      sharedMemory: { enabled: true },
    },
  );
  const tokens = ([name, caller, claims]: readonly [string, Caller, object]): Credential => ({
    name,
    caller,
    text: idp.issuer.token({ claims: { ...claims } }),
  });
  return {
    server,
    credentials: [
      { name: 'a key of the settings', text: keyOf('admin'), caller: 'admin' },
      { name: 'a key of the settings without rights', text: keyOf('roleless'), caller: 'roleless' },
      { name: 'a key that nobody has', text: keyOf('stranger'), caller: 'stranger' },
      ...(await storedKeys(httpSocket, adminPort)),
      ...(
        [
          ['a token', 'admin', { groups: ['admins'] }],
          ['a token without rights', 'roleless', { groups: ['others'] }],
          ['a token that has expired', 'stranger', { groups: ['admins'], exp: 1 }],
        ] as const
      ).map(tokens),
    ],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await idp[Symbol.asyncDispose]();
    },
  };
}

const ADMIN = { grants: [{ role: 'admin' }] };

/** Made by the API, over the socket that needs no TLS. */
async function storedKeys(socket: string, adminPort: number): Promise<readonly Credential[]> {
  if (adminPort >= 0) return [];
  const client = await RawClient.connect(socket);
  const ask = async (line: string, body: object = {}, key = SETUP_KEY) => {
    client.send(requestText(line, { authorization: `Bearer ${key}` }, JSON.stringify(body)));
    const { status, body: answer } = await client.response();
    return { status, json: JSON.parse(answer.toString()) };
  };
  const create = async (name: string, request: object): Promise<string> => {
    const { status, json } = await ask('POST /millrace/v1/keys', { name, ...request });
    if (status >= 300) throw new Error(json.error.message);
    return json.key;
  };
  const credentials: Credential[] = [
    { name: 'an API key', text: await create('stored', ADMIN), caller: 'admin' },
    { name: 'an API key without rights', text: await create('powerless', { groups: ['others'] }), caller: 'roleless' },
    {
      name: 'an API key that has expired',
      text: await create('old', { ...ADMIN, expires_in_ms: 1 }),
      caller: 'stranger',
    },
    { name: 'an API key that was revoked', text: await create('gone', ADMIN), caller: 'stranger' },
    { name: 'an API key that was replaced', text: await create('rotated', ADMIN), caller: 'stranger' },
  ];
  await ask('POST /millrace/v1/keys/gone/revoke');
  await ask('POST /millrace/v1/keys/rotated/rotate', { overlap_ms: 0 });
  const refused = credentials.filter(({ caller }) => caller === 'stranger');
  for (const { text } of refused) {
    await until('it is refused', async () => (await ask('GET /v2', {}, text)).status === 401);
  }
  client.socket.destroy();
  return credentials;
}
