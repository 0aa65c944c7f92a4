import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import { becomes } from '../harness/becomes.js';
import { HttpClient } from '../harness/http.js';
import type { Tally } from '../harness/tally.js';
import { AUTHORIZED, bodyOf, Clients, callFrom, tlsOf } from './clients.js';
import type { Gateway, Setup } from './gateway.js';
import { MAX_FAILED_KEYS, MAX_INPUT_BYTES } from './servers.js';

/** A running gateway with its servers. */
export interface Stage extends Setup {
  readonly gateway: Gateway;
}

const ROWS = [1, 2, 3];
const LARGE_BYTES = 100_000_000;
const FORGED = '203.0.113.9';

/** Inferences over HTTP and gRPC, a stream, and bodies of 100 MB. */
export async function checkRequests(tally: Tally, stage: Stage): Promise<void> {
  const { gateway, tls } = stage;
  await using clients = new Clients(gateway, tls);
  const answer = await clients.infer('copy', ...ROWS);
  const { outputs } = JSON.parse(answer.body.toString());
  tally.check(
    answer.status === 200 && String(outputs?.[0]?.data) === String(ROWS),
    `${gateway.name}: an inference was answered ${answer.status} ${answer.body}`,
  );
  const copied = await clients.grpcInfer('copy', ...ROWS);
  tally.check(String(copied) === String(ROWS), `${gateway.name}: an inference over gRPC was answered ${copied}`);
  await checkStream(tally, stage);
  await checkLargeBody(tally, stage, clients);
}

/** The second event is sent once the first has arrived. */
async function checkStream(tally: Tally, { gateway, tls, folder }: Stage): Promise<void> {
  const mark = Number(new URL(gateway.url).port);
  const events: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const path_ = '/v2/models/pieces/generate_stream';
    const options = { ...tlsOf(tls), method: 'POST', headers: { ...AUTHORIZED, 'content-type': 'application/json' } };
    const sent = request(`${gateway.url}${path_}`, { ...options, timeout: 30_000 }, (answer) => {
      answer.on('data', (chunk: Buffer) => {
        events.push(String(chunk));
        writeFileSync(path.join(folder, '..', `go-${mark}`), '');
      });
      answer.on('end', resolve);
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no event arrived')));
    sent.on('error', reject);
    sent.end(JSON.stringify({ x: mark }));
  }).catch((error: Error) => events.push(error.message));
  const numbers = [...events.join('').matchAll(/"y":(\d)/g)].map(([, number]) => number);
  tally.check(String(numbers) === '1,2', `${gateway.name}: a stream did not arrive event by event: ${events.join('')}`);
}

async function checkLargeBody(tally: Tally, { gateway }: Stage, clients: Clients): Promise<void> {
  const send = (data: Buffer) => {
    const tensor = `"name":"x","datatype":"FP32","shape":[${data.length / 4}],"parameters":{"binary_data_size":${data.length}}`;
    const header = `{"parameters":{"binary_data_output":true},"inputs":[{${tensor}}]}`;
    return clients.send({
      path: '/v2/models/copy/infer',
      headers: { 'inference-header-content-length': header.length, 'content-type': 'application/octet-stream' },
      body: Buffer.concat([Buffer.from(header), data]),
    });
  };
  const data = randomFillSync(Buffer.alloc(LARGE_BYTES));
  const answer = await send(data);
  tally.check(
    answer.status === 200 && answer.body.subarray(-LARGE_BYTES).equals(data),
    `${gateway.name}: ${LARGE_BYTES} bytes were answered ${answer.status} with ${answer.body.length} bytes`,
  );
  // The server's own limit applies, with its own message.
  const refused = await send(Buffer.alloc(MAX_INPUT_BYTES));
  tally.check(
    refused.status === 413 && refused.body.includes(`expected at most ${MAX_INPUT_BYTES} bytes`),
    `${gateway.name}: a body beyond the server's limit was answered ${refused.status} ${refused.body.subarray(0, 200)}`,
  );
}

/** The server sees the client's address, whatever the client writes into the header. */
export async function checkAddresses(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  const headers = { 'x-forwarded-for': FORGED, 'x-forwarded-prefix': '/forged', ...AUTHORIZED };
  const addressesOf = (path_: string) =>
    upstreams
      .flatMap(({ requests }) => requests)
      .filter((each) => each.path === path_)
      .map((each) => each.remote_address);
  const client = new HttpClient(gateway.url, 1, { ...tlsOf(tls), localAddress: '127.0.0.2' });
  await client.send({
    path: '/v2/models/copy/infer',
    body: bodyOf(1),
    headers: { ...headers, 'x-request-id': 'addressed' },
  });
  const status = await callFrom(gateway, { tls, localAddress: '127.0.0.3', headers });
  tally.check(status === '0', `${gateway.name}: an inference over gRPC ended with ${status}`);
  const calls = () => addressesOf('/inference.GRPCInferenceService/ModelInfer');
  const infers = () => addressesOf('/v2/models/copy/infer');
  for (const [address, seen] of [
    ['127.0.0.2', infers],
    ['127.0.0.3', calls],
  ] as const) {
    const isThere = await becomes(() => seen().includes(address));
    tally.check(isThere, `${gateway.name}: the address ${address} of a client is not in the log: ${seen()}`);
  }
  tally.check(![...infers(), ...calls()].includes(FORGED), `${gateway.name}: a client has forged its address`);
  await checkFailedKeys(tally, gateway, client, { tls, headers });
  client.close();
}

/** The limit of failed keys applies to the client, and not to its neighbours. */
async function checkFailedKeys(
  tally: Tally,
  gateway: Gateway,
  guesser: HttpClient,
  { tls, headers }: { readonly tls: string; readonly headers: object },
): Promise<void> {
  const neighbour = new HttpClient(gateway.url, 1, { ...tlsOf(tls), localAddress: '127.0.0.4' });
  const guess = async (client: HttpClient, index: number) => {
    const wrong = { ...headers, authorization: 'Bearer wrong', 'x-forwarded-for': `203.0.113.${index}` };
    return (await client.send({ path: '/v2/models/copy/infer', body: bodyOf(1), headers: wrong })).status;
  };
  const statuses: number[] = [];
  // Each of the two servers counts for itself: one of them has seen too many.
  for (let index = 0; index <= 2 * MAX_FAILED_KEYS; index++) statuses.push(await guess(guesser, index));
  tally.check(statuses.includes(429), `${gateway.name}: a client that guesses keys was answered ${statuses}`);
  const other = await guess(neighbour, 0);
  tally.check(other === 401, `${gateway.name}: the first wrong key of another client was answered ${other}`);
  neighbour.close();
}

/** Below a path, links of the server lead back through the gateway; a client does not choose the path. */
export async function checkPrefix(tally: Tally, { gateway, tls }: Stage): Promise<void> {
  await using clients = new Clients(gateway, tls);
  const submit = async (prefix: string) => {
    const { status, headers } = await clients.send({
      path: `${prefix}/v2/models/copy/infer`,
      body: bodyOf(1),
      headers: { prefer: 'respond-async', 'x-forwarded-prefix': '/forged' },
    });
    return { status, location: headers.location ?? '' };
  };
  const { status, location } = await submit('/inference');
  tally.check(
    status === 202 && location.startsWith('/inference/millrace/v1/jobs/'),
    `${gateway.name}: a job below a path was answered ${status} with location ${location}`,
  );
  // The other server does not know the job.
  const statuses = new Set<number>();
  for (let turn = 0; turn < 20 && !statuses.has(200); turn++) {
    statuses.add((await clients.send({ path: location, headers: { prefer: 'wait=10' } })).status);
  }
  tally.check(statuses.has(200), `${gateway.name}: ${location} was answered ${[...statuses]}`);
  const atRoot = await submit('');
  tally.check(
    atRoot.location.startsWith('/millrace/v1/jobs/'),
    `${gateway.name}: a client has chosen the path of ${atRoot.location}`,
  );
}

/** Only clients with a certificate of the authority come in. */
export async function checkCertificates(tally: Tally, { gateway, tls }: Stage): Promise<void> {
  const ask = async (certificate: string | null) => {
    const client = new HttpClient(gateway.url, 1, { ...tlsOf(tls, certificate) });
    try {
      return (await client.send({ path: '/v2/models/copy/infer', body: bodyOf(1), headers: AUTHORIZED })).status;
    } catch {
      return undefined;
    } finally {
      client.close();
    }
  };
  const wanted = gateway.withoutCertificate;
  tally.check((await ask('client')) === 200, `${gateway.name}: a client with a certificate was not let in`);
  for (const certificate of [null, 'stranger', 'expired']) {
    const status = await ask(certificate);
    tally.check(
      status === wanted,
      `${gateway.name}: a client with ${certificate ?? 'no'} certificate was answered ${status}`,
    );
  }
}
