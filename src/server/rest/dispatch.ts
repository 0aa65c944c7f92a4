import { type Call, invalidArgument, MillraceError, shuttingDown } from '../../core/index.js';
import type { Authenticate, AuthenticateSigner } from '../../governance/index.js';
import {
  isStream,
  type RequestSignatures,
  type Route,
  type WireResponse,
  type WireStream,
} from '../../protocols/index.js';
import { type BodyReading, readBody } from '../http/body.js';
import type { HttpExchange, StreamingExchange } from '../http/exchange.js';
import { type AnswerLaterSetup, answerLater } from '../jobs/answer-later.js';
import { readPrefer } from '../jobs/prefer.js';
import { createInferenceMatcher, type InferenceMatch } from './match-inference.js';
import { ExchangeRequest } from './route-request.js';
import type { TableRow } from './route-table.js';
import type { Router } from './router.js';

export interface RestOptions {
  /** Routes that run models; all others are the router's. */
  readonly inferences: readonly TableRow[];
  readonly router: Router;
  readonly authenticate: Authenticate;
  readonly authenticateSigner: AuthenticateSigner;
  /** Counts a request before its body is read; throws where a quota is used up. */
  readonly admit?: ((call: Call) => void) | undefined;
  /** For requests whose clients prefer an answer later; undefined = it is given at once. */
  readonly jobs?: AnswerLaterSetup | undefined;
  readonly maxBodyBytes: number;
  readonly draining: () => boolean;
}

const NO_JSON = Object.freeze({});
const NO_PARAMS = Object.freeze({});
const NO_BYTES = new Uint8Array(0);

/** What answers REST requests. */
export interface RestDispatch {
  /** Answers a request: inferences the short way, everything else by the router. */
  readonly dispatch: (exchange: StreamingExchange) => void;
  /** The inferences that are answered in one piece. */
  readonly whole: WholeInferences;
  /** Whether a path is one of a route that runs models. */
  readonly isInference: (method: string, path: string) => boolean;
}

/** Inferences whose answers come in one piece, so that they may come by the fast path. */
export interface WholeInferences {
  /** The inference that a URL is for; undefined = none, or one whose answer may come bit by bit. Throws as {@link createInferenceMatcher}. */
  find(method: string, url: string): InferenceMatch | undefined;
  /** Runs what {@link find} has found. */
  infer(exchange: HttpExchange, found: InferenceMatch): void;
}

export function createRestDispatch(options: RestOptions): RestDispatch {
  const { router, authenticate, authenticateSigner, admit, jobs, maxBodyBytes, draining } = options;
  const match = createInferenceMatcher(options.inferences);

  /** `stream` undefined = the answer has to come in one piece. */
  function infer(exchange: HttpExchange, { row, params }: InferenceMatch, stream?: (answer: WireStream) => void): void {
    const { dialect, route } = row;
    exchange.route = route.path;
    exchange.dialect = dialect;
    if (draining()) throw shuttingDown();
    const send = (answer: WireResponse | WireStream) => {
      if (!isStream(answer)) exchange.send(answer, true);
      else if (stream === undefined) exchange.fail(unannouncedStream(route));
      else stream(answer);
    };
    const limitMs = stream === undefined ? undefined : Number.POSITIVE_INFINITY;
    const reading = { maxBytes: maxBodyBytes, reads: route.body };
    const handle = (call: Call, body: Uint8Array) => {
      const request = new ExchangeRequest(exchange, { params, body, json: NO_JSON });
      const preference = jobs === undefined ? undefined : readPrefer(request.headers.prefer);
      const answer =
        jobs === undefined || preference === undefined
          ? route.handle(call, request)
          : answerLater(jobs, exchange, { route, dialect: dialect.name, preference, request });
      if (answer instanceof Promise) answer.then(send, (error: unknown) => exchange.fail(error));
      else send(answer);
    };
    const signatures = exchange.vouchedFor === undefined ? dialect.signatures : undefined;
    if (signatures?.isSigned(exchange.req.headers) === true) {
      enterSigned(exchange, { signatures, authenticateSigner, reading, limitMs })
        .then(({ call, body }) => {
          admit?.(call);
          handle(call, body);
        })
        .catch((error: unknown) => exchange.fail(error));
      return;
    }
    const read = (call: Call) => {
      admit?.(call);
      readBody(exchange, reading, (body) => handle(call, body));
    };
    const entered = exchange.enter(authenticate, limitMs);
    if (entered instanceof Promise) entered.then(read).catch((error: unknown) => exchange.fail(error));
    else read(entered);
  }

  return {
    dispatch(exchange) {
      const { method, url = '' } = exchange.req;
      const found = match(method, url);
      if (found === undefined) router.dispatch(exchange);
      else if (found.row.route.streams === true) infer(exchange, found, (answer) => void exchange.stream(answer));
      else infer(exchange, found);
    },
    isInference(method, path) {
      try {
        return match(method, path) !== undefined;
      } catch {
        // Its percent-encoding is broken.
        return false;
      }
    },
    whole: {
      find(method, url) {
        const found = match(method, url);
        return found?.row.route.streams === true ? undefined : found;
      },
      infer: (exchange, found) => infer(exchange, found),
    },
  };
}

interface SignedEntry {
  readonly signatures: RequestSignatures;
  readonly authenticateSigner: AuthenticateSigner;
  readonly reading: BodyReading;
  readonly limitMs: number | undefined;
}

/** Reads the body of a signed request, finds out whose it is, and opens their call. */
async function enterSigned(
  exchange: HttpExchange,
  { signatures, authenticateSigner, reading, limitMs }: SignedEntry,
): Promise<{ readonly call: Call; readonly body: Uint8Array }> {
  const { headers } = exchange.req;
  if (headers['content-encoding'] !== undefined) {
    throw invalidArgument('the body of a signed request must not be compressed');
  }
  let whole: Uint8Array = NO_BYTES;
  const signer = async () => {
    whole = await new Promise<Uint8Array>((resolve) => readBody(exchange, reading, resolve));
    return signatures.signerOf(new ExchangeRequest(exchange, { params: NO_PARAMS, body: whole, json: NO_JSON }));
  };
  const call = await exchange.enter((_credential, peer) => authenticateSigner(signer(), peer), limitMs);
  return { call, body: whole };
}

function unannouncedStream({ method, path }: Route): MillraceError {
  return new MillraceError('internal', `${method} ${path} answered bit by bit, but its route does not say \`streams\``);
}
