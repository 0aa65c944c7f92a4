import { request } from 'node:http';
import { as } from './keys.js';
import { fail, type LaneOptions, LOST_AFTER_MS } from './lane.js';
import { COUNTING } from './stateful-models.js';

interface Events {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** Why the connection ended before its answer. */
  readonly broken: string | undefined;
}

const LEFT = 'the client left';

/** A client that reads one stream after the other over HTTP and checks that each is whole and in order. */
export async function runHttpStreams({ port, random, journal, index, stopped }: LaneOptions): Promise<void> {
  const counts = journal.countsOf(COUNTING);
  for (let count = 0; !stopped(); count++) {
    const id = `http ${index}.${count}`;
    const value = random.integer(1, 1_000);
    const times = random.integer(1, 40);
    const leaveAfter = random.chance(0.1) ? random.integer(0, times - 1) : undefined;
    counts.sent++;
    const sentAt = performance.now();
    const { status, retryAfter, events, broken } = await readEvents(port, { id, x: value, times }, leaveAfter);
    const answers = events.filter(({ error }) => error === undefined);
    const wrong = answers.findIndex(
      (answer, position) => answer.id !== id || answer.y !== value || answer.round !== position + 1,
    );
    const error = events.find((event) => event.error !== undefined)?.error ?? broken;
    if (wrong >= 0) journal.wrong.push(`stream ${id}: answer ${wrong + 1} is ${JSON.stringify(answers[wrong])}`);
    // What it has read last may have been an error.
    else if (broken === LEFT) counts.left++;
    else if (error !== undefined) {
      const failed = broken === undefined ? (status === 200 ? 503 : status) : 0;
      const failure = { status: failed, message: String(error), sentAt, retryAfter };
      fail(journal, COUNTING, { ...failure, began: answers.length > 0, streamed: status === 200 });
      // The port is gone for good.
      if (error === 'connect ECONNREFUSED') return;
    } else if (answers.length === times) counts.right++;
    else journal.wrong.push(`stream ${id}: ended after ${answers.length} of ${times} answers`);
  }
}

/** The whole events of a text; an error may come without being one. */
function parseEvents(text: string): Events['events'] {
  if (!text.startsWith('data: ')) return text === '' ? [] : [JSON.parse(text)];
  const events = text.split('\n\n').slice(0, -1);
  return events.map((event) => JSON.parse(event.slice('data: '.length)));
}

/** Reads the events of one stream; never rejects. */
function readEvents(port: number, body: object, leaveAfter: number | undefined): Promise<Events> {
  return new Promise((resolve) => {
    let status = 0;
    let retryAfter: string | undefined;
    let text = '';
    const end = (broken: string | undefined) => {
      outgoing.destroy();
      resolve({ status, retryAfter, broken, events: parseEvents(text) });
    };
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: `/v2/models/${COUNTING}/generate_stream`,
        method: 'POST',
        agent: false,
        headers: as('oracle'),
      },
      (response) => {
        status = response.statusCode ?? 0;
        retryAfter = response.headers['retry-after'];
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (status === 200 && leaveAfter !== undefined && parseEvents(text).length > leaveAfter) end(LEFT);
        });
        response.on('error', ({ message }) => end(message));
        response.on('end', () => end(undefined));
      },
    );
    outgoing.setTimeout(LOST_AFTER_MS, () => end(`no answer within ${LOST_AFTER_MS} ms`));
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'connect ECONNREFUSED' : error.message),
    );
    outgoing.end(JSON.stringify(body));
  });
}
