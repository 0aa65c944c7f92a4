import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { RawClient, requestText } from '../../support/raw-client.js';
import { errorOf } from './dialects.js';
import { as, type KeyHolder } from './keys.js';
import { withinLimit } from './lane.js';
import { SHARE_BYTES } from './settings.js';
import { TEXT_MODEL } from './text-model.js';

/** Attackers wait for each other, and so longer than other clients have to. */
const PATIENCE_MS = 180_000;

export interface AttackOptions {
  readonly port: number;
  /** Resolves once other clients have had answers while what is named lasts. */
  readonly outlast: (what: string) => Promise<void>;
}

/** A way to spend the server's time or memory with a key that may infer. */
export interface Attack {
  readonly name: string;
  /** How many of the attackers do it. */
  readonly attackers: number;
  /** All that it is answered with, beside {@link SHARE_IS_FULL}; none of them may be missing in the end. */
  readonly answers: readonly Answer[];
  /** Makes what it sends; gives what attacks once, and resolves with what came of it. */
  prepare(): (options: AttackOptions) => Promise<readonly Answer[]>;
}

export type Answer = number | string;

/** Any attack may be answered so: the others of its key hold all that this may. */
export const SHARE_IS_FULL = 'share is full';

interface Body {
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const bodyOf = (path: string, value: object): Body => ({
  path,
  body: Buffer.from(JSON.stringify({ model: TEXT_MODEL, ...value })),
});

function head({ path, body, headers = {} }: Body, holder: KeyHolder): string {
  return requestText(`POST ${path}`, { ...as(holder), ...headers, 'content-length': String(body.length) });
}

/** Sends the bodies one after the other, each over a connection of its own. */
function posting(...bodies: readonly Body[]): ReturnType<Attack['prepare']> {
  return async ({ port }) => {
    const answers: Answer[] = [];
    for (const body of bodies) {
      const client = await RawClient.connect(port);
      client.send(head(body, 'attacker'), body.body);
      answers.push(await nextAnswer(client));
      client.socket.destroy();
    }
    return answers;
  };
}

async function nextAnswer(client: RawClient): Promise<Answer> {
  const response = await withinLimit(client, PATIENCE_MS);
  const { status } = response;
  const isFull = [429, 503].includes(status) && errorOf(response).startsWith('this caller already holds ');
  return isFull ? SHARE_IS_FULL : status;
}

const said = (count: number) => Array.from({ length: count }, (_, at) => ({ role: 'user', content: `turn ${at}` }));

function packed(count: number): Body {
  const { path, body } = bodyOf('/v1/chat/completions', { messages: said(count), max_tokens: 2 });
  return { path, body: gzipSync(body), headers: { 'content-encoding': 'gzip' } };
}

/** More turns than a request may have, or so many that most are left out. */
const turns = (count: number): Body =>
  bodyOf('/v1/responses', { input: said(count), truncation: 'auto', max_output_tokens: 2, store: false });

function alternatives(count: number): Body {
  const anyOf = Array.from({ length: count }, (_, at) => ({ const: `and he said unto them ${at}` }));
  const response_format = { type: 'json_schema', json_schema: { name: 'many', schema: { anyOf } } };
  return bodyOf('/v1/chat/completions', { messages: said(1), max_tokens: 4, response_format });
}

/** The first events of its stream repeat the label, and are more than the system keeps for a client that does not read. */
const unread = (sizeBytes: number): Body => ({
  headers: { connection: 'close' },
  ...bodyOf('/v1/responses', {
    input: 'And the LORD said',
    stream: true,
    max_output_tokens: 20,
    store: false,
    metadata: { label: 'x'.repeat(sizeBytes) },
  }),
});
/** How an answer ends that is whole. */
const LAST_CHUNK = '0\r\n\r\n';
/** Longer than a client may take nothing of its answer. */
const SILENCE_MS = 9_000;

/** Begins to read a stream, and stops; says whether the server has cut it off by the time that it reads on. */
async function stopReading(body: Body, { port, outlast }: AttackOptions): Promise<readonly Answer[]> {
  const client = await RawClient.connect(port);
  const { socket } = client;
  client.send(head(body, 'attacker'), body.body);
  await Promise.race([once(socket, 'data'), client.closed]);
  socket.pause();
  if (!client.pending.startsWith('HTTP/1.1 200 ')) {
    socket.resume();
    const answer = await nextAnswer(client);
    socket.destroy();
    return [answer];
  }
  await Promise.all([pause(SILENCE_MS), outlast('a stream is not read')]);
  let last = '';
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    last = (last + chunk.toString('latin1')).slice(-LAST_CHUNK.length);
  });
  socket.resume();
  await client.closed;
  return [200, last === LAST_CHUNK ? 'whole' : 'cut off'];
}

const unfinished = (): Body => ({
  path: '/v2/models/echo/infer',
  body: Buffer.alloc(2 * 1_048_576, ' '),
  headers: { expect: '100-continue' },
});

/** Fills its share with bodies of which the last byte is missing, and holds them until the server wants them no more. */
async function leaveUnfinished(body: Body, { port, outlast }: AttackOptions): Promise<readonly Answer[]> {
  const clients = await Promise.all(
    Array.from({ length: SHARE_BYTES / body.body.length }, () => RawClient.connect(port)),
  );
  for (const client of clients) client.send(head(body, 'hoarder'));
  const first = await Promise.all(clients.map(nextAnswer));
  const admitted = clients.filter((_client, index) => first[index] === 100);
  for (const client of admitted) client.send(body.body.subarray(1));
  await outlast('bodies are unfinished');
  const last = await Promise.all(admitted.map(nextAnswer));
  for (const client of clients) client.socket.destroy();
  return [...first, ...last];
}

export const ATTACKS: readonly Attack[] = [
  {
    name: 'many messages',
    attackers: 2,
    answers: [413, 400],
    prepare: () => posting(packed(500_001), packed(50_001)),
  },
  {
    name: 'megabytes to tokenise',
    attackers: 4,
    answers: [400],
    prepare: () => posting(bodyOf('/tokenize', { content: 'and '.repeat(500_000) })),
  },
  {
    name: 'alternatives of a schema',
    attackers: 4,
    answers: [200],
    prepare: () => posting(alternatives(900)),
  },
  {
    name: 'turns to leave out',
    attackers: 4,
    answers: [400, 200],
    prepare: () => posting(turns(20_001), turns(4_000)),
  },
  {
    name: 'silent readers',
    attackers: 3,
    answers: [200, 'cut off'],
    prepare: () => stopReading.bind(undefined, unread(3_000_000)),
  },
  {
    name: 'unfinished bodies',
    attackers: 3,
    answers: [100, 408, SHARE_IS_FULL],
    prepare: () => leaveUnfinished.bind(undefined, unfinished()),
  },
];
