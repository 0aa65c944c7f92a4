import { type ClientRequest, request } from 'node:http';

/** What is asked of a server that speaks OpenAI's API. */
export interface StreamRequest {
  readonly path: '/v1/completions' | '/v1/chat/completions';
  readonly body: Readonly<Record<string, unknown>>;
}

/** An answer as it came. */
export interface StreamedAnswer {
  /** Of the request, and of each piece of text: `performance.now()`. */
  readonly sentAt: number;
  readonly pieces: readonly number[];
  /** As the server counts them. */
  readonly tokens: number;
}

/** An answer that is coming. */
export interface OpenStream {
  /** Its first piece of text. Rejects as `answer` does. */
  readonly begun: Promise<void>;
  /** Those that have come, as in an answer. */
  readonly pieces: readonly number[];
  /** Rejects where it is refused, fails, or is cancelled. */
  readonly answer: Promise<StreamedAnswer>;
  /** Leaves, as a client does who is not interested any more. */
  cancel(): void;
}

interface StreamEvent {
  readonly choices?: readonly {
    readonly text?: string | null;
    readonly delta?: { readonly content?: string | null };
  }[];
  readonly usage?: { readonly completion_tokens: number } | null;
  readonly error?: { readonly message: string };
}

/** Asks for a stream of server-sent events and notes when its pieces come. */
export function openStream(url: string, { path, body }: StreamRequest): OpenStream {
  const text = JSON.stringify({ model: 'm', ...body, stream: true, stream_options: { include_usage: true } });
  const pieces: number[] = [];
  let sent: ClientRequest | undefined;
  let begin: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const sentAt = performance.now();
  const answer = new Promise<StreamedAnswer>((resolve, reject) => {
    let tokens = 0;
    let rest = '';
    const take = (event: StreamEvent): void => {
      if (event.error !== undefined) throw new Error(event.error.message);
      const [choice] = event.choices ?? [];
      if (choice?.text || choice?.delta?.content) {
        pieces.push(performance.now());
        begin();
      }
      tokens = event.usage?.completion_tokens ?? tokens;
    };
    // A connection of its own: not every server says before it closes one that is idle.
    sent = request(`${url}${path}`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json' } });
    sent.on('error', reject).on('response', (response) => {
      response.setEncoding('utf8');
      response.on('error', reject).on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        try {
          if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${chunk.slice(0, 300)}`);
          for (const line of lines) if (line.startsWith('data: {')) take(JSON.parse(line.slice('data: '.length)));
        } catch (error) {
          response.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      });
      response.on('end', () => resolve({ sentAt, pieces, tokens }));
    });
    sent.end(text);
  });
  // Whoever waits for one of them need not wait for the other.
  answer.catch(() => undefined);
  const begun = Promise.race([first, answer.then(() => undefined)]);
  begun.catch(() => undefined);
  return { begun, pieces, answer, cancel: () => sent?.destroy(new Error('cancelled')) };
}

/** Asks for a whole stream; throws where it has not as many tokens as were asked for. */
export async function streamAnswer(url: string, asked: StreamRequest): Promise<StreamedAnswer> {
  const answer = await openStream(url, asked).answer;
  if (answer.tokens !== asked.body.max_tokens) {
    throw new Error(`asked for ${asked.body.max_tokens} tokens, got ${answer.tokens}`);
  }
  return answer;
}

/** From the request to the first piece of its answer. */
export function firstTokenMs({ sentAt, pieces }: StreamedAnswer): number {
  const [first] = pieces;
  if (first === undefined) throw new Error('an answer without text');
  return first - sentAt;
}
