import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { signAws } from '../../../test/support/sign-aws.js';
import type { WireRequest } from '../wire.js';
import { createSignatures } from './signature.js';

const ALICE = { id: 'AKIDALICE', secret: 'secret-of-alice-0123456789', key: 'alice' };
const URL_PATH = '/endpoints/a%20b/invocations';
const BODY = '{"instances":[[1,2]]}';

type Sent = Pick<WireRequest, 'method' | 'url' | 'headers' | 'body'>;

function start() {
  const clock = new FakeClock();
  const signatures = createSignatures([ALICE], clock);
  const url = `http://localhost${URL_PATH}`;
  const headers = signAws({ url, body: BODY }, { ...ALICE, date: new Date(clock.wallNow()) });
  const signed: Sent = {
    method: 'POST',
    url: URL_PATH,
    headers: { host: 'localhost', ...headers },
    body: Buffer.from(BODY),
  };
  /** Whose key has signed it, or why it is refused. */
  const ask = async (changes: Partial<Sent>) => {
    try {
      return await signatures.signerOf({ ...signed, ...changes } as WireRequest);
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { clock, signed, ask };
}

const OTHER_REQUEST = expect.stringMatching(/^the signature is not that of this request /);

describe('a request that is sent again', () => {
  it('is accepted for five minutes, as AWS does', async () => {
    const { clock, ask } = start();
    await clock.advance(300_000);
    expect(await ask({})).toBe('alice');
    await clock.advance(1_000);
    expect(await ask({})).toMatch(/they may be 5 minutes apart$/);
  });

  it.each<[string, Partial<Sent>]>([
    ['another method', { method: 'PUT' }],
    ['another path', { url: '/endpoints/b/invocations' }],
    ['a path that is encoded otherwise', { url: '/endpoints/a%2520b/invocations' }],
    ['a path with a dot', { url: '/endpoints/./a%20b/invocations' }],
    ['a path with two slashes', { url: '/endpoints//a%20b/invocations' }],
    ['a query', { url: `${URL_PATH}?x=1` }],
    ['another body', { body: Buffer.from('{"instances":[[9,9]]}') }],
  ])('with %s is refused', async (_, changes) => {
    expect(await start().ask(changes)).toEqual(OTHER_REQUEST);
  });

  it.each<[string, WireRequest['headers'], unknown]>([
    ['for another host', { host: 'elsewhere' }, OTHER_REQUEST],
    ['with two dates', { 'x-amz-date': ['20250615T144640Z', '20250615T144641Z'] }, /X-Amz-Date must have the form/],
    ['with one more header of AWS', { 'x-amz-target': 'x' }, /^the header 'x-amz-target' must be signed$/],
  ])('%s is refused', async (_, changes, expected) => {
    const { signed, ask } = start();
    const answer = await ask({ headers: { ...signed.headers, ...changes } });
    expect(answer).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected);
  });
});

it.each(['constructor', '__proto__', 'valueof', 'x-missing'])(
  'a signature of the header %s, which was not sent, is refused as that',
  async (name) => {
    const { signed, ask } = start();
    const authorization = String(signed.headers.authorization).replace('SignedHeaders=', `SignedHeaders=${name};`);
    expect(await ask({ headers: { ...signed.headers, authorization } })).toBe(
      `the header '${name}' is signed but was not sent`,
    );
  },
);
