import { parseExposition } from '../support/metrics-fixture.js';
import { requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { HttpConnection } from './http-connection.js';

/** Gauges that are 0 when no client asks anything. */
const BACK_TO_ZERO = /^millrace_(?:queued_requests|queued_bytes|executing_requests|sequences|waiting_sequences)\{/;

export interface BusyServer {
  readonly httpPort: number;
  readonly metricsPort: number;
  readonly credential: Readonly<Record<string, string>>;
  /** What bodies may hold together, for a principal alone. */
  readonly maxBodyBytes: number;
  /** A model, and a row that it takes. Default: those of the witness. */
  readonly row?: { readonly model: string; readonly tensor: object };
}

const WITNESS = { model: 'witness', tensor: { name: 'x', datatype: 'INT32', shape: [1], data: [1] } };

/** Resolves once the server holds no request, no byte and no sequence of clients that have left; rejects where that never is so. */
export async function expectMemoryBack(server: BusyServer): Promise<void> {
  const { metricsPort, credential, maxBodyBytes } = server;
  let left: readonly string[] = [];
  await until(`queues, sequences and executions are 0, not ${left}`, async () => {
    left = await readBusyGauges(metricsPort, credential);
    return left.length === 0;
  }).catch(() => {
    throw new Error(`after the last request: ${left.join(', ')}`);
  });
  let got = '';
  await until('a body of all bytes fits', async () => {
    got = await sendLargestBody(server);
    return got.startsWith('200');
  }).catch(() => {
    throw new Error(`a body of ${maxBodyBytes} bytes after the last request: ${got}`);
  });
}

async function readBusyGauges(port: number, credential: BusyServer['credential']): Promise<readonly string[]> {
  const text = await ask(port, requestText('GET /metrics', { ...credential, connection: 'close' }));
  return [...parseExposition(text.slice(text.indexOf(' ') + 1))].flatMap(([name, value]) =>
    BACK_TO_ZERO.test(name) && value !== 0 ? [`${name} ${value}`] : [],
  );
}

/** It is taken only where no byte of an earlier request is still counted. */
function sendLargestBody({ httpPort, credential, maxBodyBytes, row = WITNESS }: BusyServer): Promise<string> {
  const body = JSON.stringify({ inputs: [row.tensor] }).padEnd(maxBodyBytes);
  const request = requestText(`POST /v2/models/${row.model}/infer`, { ...credential, connection: 'close' }, body);
  return ask(httpPort, request);
}

async function ask(port: number, text: string): Promise<string> {
  const connection = await HttpConnection.open(port);
  connection.send(Buffer.from(text));
  const answer = await connection.answer({ bodiless: false });
  connection.destroy();
  return `${answer?.status} ${answer?.body}`;
}
