import type { IncomingMessage } from 'node:http';
import { hostName } from '../host-guard.js';
import { HttpError } from '../http-error.js';

type Message = Pick<
  IncomingMessage,
  'httpVersion' | 'httpVersionMajor' | 'httpVersionMinor' | 'headers' | 'rawHeaders'
>;

/**
 * Why a message is to be refused by RFC 9112 though Node's parser lets it pass; undefined for what is as it should be. Where it
 * ends is in doubt then, so its connection must carry no other.
 */
export function messageProblem(message: Message): HttpError | undefined {
  if (message === lastPassed) return undefined;
  const problem = findProblem(message);
  if (problem === undefined && Object.isFrozen(message)) lastPassed = message;
  return problem;
}

/** The one that passed last: the fast path has the same one for all requests that begin alike. */
let lastPassed: Message | undefined;

function findProblem(message: Message): HttpError | undefined {
  const { httpVersion, httpVersionMajor, headers } = message;
  if (httpVersionMajor !== 1) {
    return new HttpError(505, `HTTP/${httpVersion} is not spoken here: expected HTTP/1.1`);
  }
  const coding = headers['transfer-encoding'];
  return (coding === undefined ? undefined : codingProblem(coding, message)) ?? hostProblem(message);
}

function codingProblem(coding: string, { httpVersionMinor }: Message): HttpError | undefined {
  if (httpVersionMinor === 0) return new HttpError(400, 'header transfer-encoding: HTTP/1.0 has none');
  if (coding.toLowerCase() === 'chunked') return undefined;
  const codings = coding.toLowerCase().split(/[ \t]*,[ \t]*/);
  const twice = codings.indexOf('chunked') !== codings.length - 1;
  return new HttpError(twice ? 400 : 501, `header transfer-encoding: expected chunked, got '${coding}'`);
}

function hostProblem({ headers, rawHeaders, httpVersionMinor }: Message): HttpError | undefined {
  const { host } = headers;
  if (host === undefined) {
    return httpVersionMinor === 0 ? undefined : new HttpError(400, 'header host is missing');
  }
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  if (count > 1) return new HttpError(400, `header host: expected one, got ${count}`);
  return isHost(host) ? undefined : new HttpError(400, `header host: expected a name or an address, got '${host}'`);
}

/** The one that passed last: clients repeat themselves. */
let lastHost = '';

function isHost(header: string): boolean {
  if (header === lastHost && header !== '') return true;
  if (hostName(header) === undefined) return false;
  lastHost = header;
  return true;
}

const ABSOLUTE_FORM = /^(https?):\/\/([^/?#]*)([/?].*)?$/i;

/** What a request is for, as `/path?query` or `*`. `authority` is there where it names the server too, as to a proxy. */
export interface Target {
  readonly url: string;
  readonly authority?: string;
}

/** The target of a request; 400 where it is none, or names another server than the `Host` header does. */
export function parseTarget(target: string, host: string | undefined): Target | HttpError {
  if (target.startsWith('/') || target === '*') return { url: target };
  const [, scheme = '', authority = '', rest = ''] = ABSOLUTE_FORM.exec(target) ?? [];
  if (hostName(authority) === undefined) {
    return new HttpError(400, `the request is for '${target}': expected a path, or a URL of this server`);
  }
  const defaultPort = scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/;
  const plain = (name: string) => name.toLowerCase().replace(defaultPort, '');
  if (host !== undefined && plain(host) !== plain(authority)) {
    return new HttpError(400, `the request is for '${authority}', but its header host says '${host}'`);
  }
  return { url: rest.startsWith('/') ? rest : `/${rest}`, authority };
}
