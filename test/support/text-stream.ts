import { connect } from 'node:net';

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

/** A streamed completion, event by event. */
export class TextStream implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #aborts: AbortController;
  #text = '';

  private constructor(response: Response, aborts: AbortController) {
    if (response.body === null) throw new Error('expected a body');
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    this.#aborts = aborts;
  }

  /** Opens one at `http`; rejects with what else the server answers. */
  static async open(http: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<TextStream> {
    const aborts = new AbortController();
    const response = await fetch(`${http}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...body, stream: true }),
      signal: aborts.signal,
    });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return new TextStream(response, aborts);
  }

  /** Data of the next event, `done` for the one that ends a stream; undefined = the connection has ended. */
  async next(): Promise<Json | 'done' | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        if (line.startsWith(':')) continue;
        return line === 'data: [DONE]' ? 'done' : JSON.parse(line.slice('data: '.length));
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  /** What comes until the connection ends, in order. */
  async rest(): Promise<readonly Json[]> {
    const events: Json[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
    return events;
  }

  /** Leaves without reading any further. */
  cut(): void {
    this.#aborts.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.#reader.cancel().catch(() => undefined);
  }
}

/** How a stream ended: its reason or error, and whether the end was said. */
export function endingOf(events: readonly Json[]): string {
  const [before, last] = events.slice(-2);
  const said = last === 'done' ? 'done' : 'silent';
  return `${before?.error?.code ?? before?.choices?.[0]?.finish_reason ?? 'open'}, ${said}`;
}

/** Opens a streamed completion over a connection of its own, which is destroyed once so many bytes have come. Resolves then. */
export function cutAfter(http: string, body: object, bytes: number): Promise<void> {
  const { hostname, port } = new URL(http);
  const text = JSON.stringify({ ...body, stream: true });
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  return new Promise((resolve, reject) => {
    let received = 0;
    const cut = () => {
      if (bytes % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    };
    if (bytes === 0) socket.once('connect', () => socket.write('', cut));
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received >= bytes) cut();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}
