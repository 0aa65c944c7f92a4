import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError, type Principal } from '../../src/core/index.js';
import { askThrough } from '../support/elsewhere.js';
import { createFakeService } from '../support/fake-service.js';
import {
  closeTestServers,
  createTestServer,
  startTestServer,
  type TestServerSettings,
} from '../support/http-server.js';
import { principalWith } from '../support/principals.js';
import { RawClient, type RawResponse, requestText } from '../support/raw-client.js';

afterEach(closeTestServers);

const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });

async function ask(
  settings: TestServerSettings,
  line: string,
  headers: Readonly<Record<string, string>>,
): Promise<RawResponse> {
  const { port } = await startTestServer(settings);
  const client = await RawClient.connect(port);
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(port))]);
  client.send(requestText(line, Object.fromEntries(filled), line.startsWith('POST') ? BODY : ''));
  return client.response();
}

/** Asks over a connection from another machine. */
const askFromElsewhere = (settings: TestServerSettings, headers: Readonly<Record<string, string>>) =>
  askThrough(createTestServer(settings).server.handler, 'POST /v2/models/m/infer', { headers });

const errorOf = ({ body }: RawResponse): unknown => JSON.parse(body.toString()).error;

describe('on a loopback address, a request', () => {
  it.each(['localhost', 'localhost:1234', '127.0.0.1:PORT', '[::1]:1', 'LOCALHOST.', 'a.localhost', '127.8.9.1'])(
    'for host %s is served',
    async (host) => {
      expect((await ask({}, 'POST /v2/models/m/infer', { host })).status).toBe(200);
    },
  );

  it.each(['evil.example', 'evil.example:PORT', '10.0.0.1', 'localhost.evil.example'])(
    "for host '%s' is refused, as its name may have been rebound",
    async (host) => {
      const response = await ask({}, 'POST /v2/models/m/infer', { host });
      expect(response.status).toBe(421);
      expect(errorOf(response)).toMatch(
        /^host '.*' is not served here: a server on a loopback address answers to localhost and 127.0.0.1 only\. Add the name to `server.allowedHosts` if it is meant to$/,
      );
    },
  );

  it.each(['a@localhost', ''])("for host '%s', which is none, is refused with its connection", async (host) => {
    const response = await ask({}, 'POST /v2/models/m/infer', { host });
    expect([response.status, response.headers.connection]).toEqual([400, 'close']);
    expect(errorOf(response)).toBe(`header host: expected a name or an address, got '${host}'`);
  });

  it.each([['models.internal'], ['*']])('for another host is served when %s is allowed', async (allowed) => {
    const options = { allowedHosts: [allowed] };
    const response = await ask({ options }, 'POST /v2/models/m/infer', { host: 'Models.Internal:80' });
    expect(response.status).toBe(200);
  });
});

describe('on other addresses', () => {
  const open = { options: { host: '0.0.0.0' } };
  const keyed = { ...open, dependencies: { requiresKey: true } };

  it('any host is served where keys say who calls', async () => {
    const response = await ask(keyed, 'POST /v2/models/m/infer', { host: 'models.example' });
    expect(response.status).toBe(200);
  });

  it('without keys, what comes by loopback must name this machine all the same', async () => {
    expect((await ask(open, 'POST /v2/models/m/infer', { host: 'localhost:PORT' })).status).toBe(200);
    const response = await ask(open, 'POST /v2/models/m/infer', { host: 'evil.example:PORT' });
    expect([response.status, errorOf(response)]).toEqual([
      421,
      expect.stringMatching(/^host 'evil.example:\d+' is not served here: /),
    ]);
  });

  it('without keys, what comes by other addresses may name any host', async () => {
    const { status, body } = await askFromElsewhere(open, { host: 'models.example' });
    expect([status, body]).toEqual([200, expect.anything()]);
  });

  it.each([
    ['http://models.example', 'models.example', 403],
    ['http://models.example:80', 'Models.example:80', 403],
    ['http://10.1.2.3:8000', '10.1.2.3:8000', 200],
    ['http://[fd00::1]:8000', '[fd00::1]:8000', 200],
  ])('without keys, a page of %s that names host %s is answered %3$i', async (origin, host, status) => {
    const answer = await askFromElsewhere(open, { origin, host });
    expect(answer.status).toBe(status);
    if (status === 403) {
      expect(answer.body.error).toBe(
        `pages of origin '${origin}' may not call this server: it has no keys, and anybody can point a name at it. ` +
          'Add the name to `server.allowedHosts` if it is meant to be one of its own',
      );
    }
  });

  it('a page of its own name is served where that name is allowed, or keys say who calls', async () => {
    const headers = { origin: 'http://models.example', host: 'models.example' };
    const allowed = { options: { host: '0.0.0.0', allowedHosts: ['models.example'] } };
    expect((await askFromElsewhere(allowed, headers)).status).toBe(200);
    expect((await askFromElsewhere(keyed, headers)).status).toBe(200);
  });
});

describe('a request of a web page', () => {
  const INFER = 'POST /v2/models/m/infer';

  it('from this server itself is served', async () => {
    const headers = { host: 'localhost:PORT', origin: 'http://localhost:PORT', 'sec-fetch-site': 'same-origin' };
    expect((await ask({}, INFER, headers)).status).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'http://localhost:1', 'http://localhost'])(
    'from %s is refused',
    async (origin) => {
      const response = await ask({}, INFER, { host: 'localhost:PORT', origin });
      expect(response.status).toBe(403);
      expect(errorOf(response)).toBe(
        `pages of origin '${origin}' may not call this server: it is not in \`server.cors.origins\``,
      );
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it.each(['cross-site', 'same-site'])('that hides its origin but is %s is refused', async (site) => {
    const response = await ask({}, 'GET /v2/models/m', { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' });
    expect(response.status).toBe(403);
    expect(errorOf(response)).toBe(`a page of another site may not call this server (sec-fetch-site: ${site})`);
  });

  it('that only follows a link is served', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask({}, 'GET /v2/models/m', headers)).status).toBe(200);
  });

  it('that submits a form is refused', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask({}, INFER, headers)).status).toBe(403);
  });

  it('from a configured origin is served, and told what it may read', async () => {
    const options = { cors: { origins: ['https://app.example/'], maxAgeS: 60 } };
    const { status, headers } = await ask({ options }, INFER, {
      origin: 'https://app.example',
      'sec-fetch-site': 'cross-site',
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers':
        'anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, ' +
        'anthropic-ratelimit-tokens-limit, anthropic-ratelimit-tokens-remaining, anthropic-ratelimit-tokens-reset, ' +
        'inference-header-content-length, ratelimit, ratelimit-policy, request-id, retry-after, retry-after-ms, server-timing, traceparent, ' +
        'www-authenticate, x-millrace-arm, x-millrace-error, x-millrace-ignored, x-millrace-model, x-millrace-not-run, x-millrace-route, x-ratelimit-limit-requests, ' +
        'x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, ' +
        'x-ratelimit-reset-tokens, x-request-id, x-should-retry',
      vary: 'origin',
    });
  });

  it('gets its CORS headers with errors as well', async () => {
    const options = { cors: { origins: ['*'], maxAgeS: 60 } };
    const { status, headers } = await ask({ options }, 'POST /v2/models/nope/infer', { origin: 'https://any.example' });
    expect([status, headers['access-control-allow-origin']]).toEqual([404, '*']);
  });

  it('asks first and is answered', async () => {
    const options = { cors: { origins: ['https://app.example'], maxAgeS: 60 } };
    const { status, headers } = await ask({ options }, 'OPTIONS /v2/models/m/infer', {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-private-network': 'true',
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers':
        'anthropic-beta, anthropic-version, api-key, authorization, content-type, content-encoding, inference-header-content-length, traceparent, tracestate, x-api-key, x-request-id, x-request-timeout-ms',
      'access-control-max-age': '60',
      'access-control-allow-private-network': 'true',
    });
  });

  it('asks first from a foreign origin and is refused', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    expect((await ask({}, 'OPTIONS /v2/models/m/infer', headers)).status).toBe(403);
  });
});

describe('with keys', () => {
  const OPERATOR: Principal = principalWith('operator', 'caller');
  const authenticate = (authorization: string | undefined): Principal => {
    if (authorization === 'Bearer right') return OPERATOR;
    throw new MillraceError('unauthenticated', 'a key is needed: send `Authorization: Bearer <key>`');
  };
  const settings = { dependencies: { authenticate, requiresKey: true } };

  it.each(['POST /v2/models/m/infer', 'GET /v2', 'POST /v2/repository/index', 'GET /openapi.json'])(
    '%s needs one, and its body is not read before',
    async (line) => {
      const response = await ask(settings, line, {});
      expect(response.status).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer realm="millrace"');
      expect(errorOf(response)).toBe('a key is needed: send `Authorization: Bearer <key>`');
    },
  );

  it.each(['GET /v2/health/live', 'GET /v2/health/ready', 'GET /docs'])('%s needs none', async (line) => {
    expect((await ask(settings, line, {})).status).toBe(200);
  });

  it('the call is that of the key', async () => {
    const service = createFakeService();
    await ask({ ...settings, service }, 'POST /v2/models/m/infer', { authorization: 'Bearer right' });
    expect(service.calls[0]?.call.principal).toBe(OPERATOR);
  });
});
