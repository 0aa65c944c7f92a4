import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inCache } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';

const PACKAGE = 'oidc-provider@9.13.3';
/** Of an access token. */
export const LIFETIME_S = 4;
export const AUDIENCE = 'urn:millrace';
const REDIRECT = 'http://127.0.0.1:9/callback';

type ProviderClass = new (issuer: string, configuration: object) => { callback(): RequestListener };

type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

/** An OpenID Connect provider in this process, with clients for services and one for people who log in. */
export class OidcProvider {
  readonly issuer: string;
  readonly #Provider: ProviderClass;
  readonly #port: number;
  #server: Server | undefined;
  #keys: readonly object[] = [];
  #clients: readonly string[] = ['scorer', 'stranger'];
  #answer: RequestListener = () => undefined;

  private constructor(Provider: ProviderClass, port: number) {
    this.#Provider = Provider;
    this.#port = port;
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** Installs it and starts it on a free port. */
  static async start(): Promise<OidcProvider> {
    const { default: Provider } = (await import(installProvider())) as { readonly default: ProviderClass };
    const provider = new OidcProvider(Provider, await freePort());
    provider.addKey('first', 'RS256');
    await provider.goUp();
    return provider;
  }

  async goUp(): Promise<void> {
    const server = createServer((req, res) => this.#answer(req, res));
    this.#server = server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
  }

  async goDown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** Signs with this key from now on. */
  addKey(kid: string, alg: Algorithm): void {
    const { privateKey } = {
      RS256: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }),
      ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      EdDSA: () => generateKeyPairSync('ed25519'),
    }[alg]();
    this.#keys = [{ ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }, ...this.#keys];
    this.#configure(alg);
  }

  /** Has no key any more but the newest. */
  dropOldKeys(alg: Algorithm): void {
    this.#keys = this.#keys.slice(0, 1);
    this.#configure(alg);
  }

  removeClient(id: string): void {
    this.#clients = this.#clients.filter((client) => client !== id);
    this.#configure('RS256');
  }

  /** What a service gets for its secret: a token, or the provider's error. */
  async tokenOf(client: string): Promise<string> {
    return this.#ask(client, { grant_type: 'client_credentials', scope: 'call', resource: AUDIENCE }, 'access_token');
  }

  /** The ID token of somebody who logs in at the client whose name is our audience. */
  async idToken(): Promise<string> {
    const query = new URLSearchParams({
      client_id: AUDIENCE,
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'openid',
    });
    const jar = new Map<string, string>();
    let at = `${this.issuer}/auth?${query}`;
    for (let step = 0; step < 12 && !at.startsWith(REDIRECT); step++) {
      const prompt = /\/interaction\/[\w-]+$/.test(at) ? await this.#promptAt(at, jar) : undefined;
      const { headers } = await visit(at, jar, prompt);
      at = new URL(headers.get('location') ?? '', at).href;
    }
    const code = new URL(at).searchParams.get('code') ?? '';
    return this.#ask(AUDIENCE, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT }, 'id_token');
  }

  /** What to fill in at a page that asks to log in or to agree. */
  async #promptAt(url: string, jar: Map<string, string>): Promise<Record<string, string>> {
    const page = await (await visit(url, jar)).text();
    return page.includes('name="login"') ? { prompt: 'login', login: 'alice', password: 'x' } : { prompt: 'consent' };
  }

  async #ask(client: string, form: Record<string, string>, member: string): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(client)}:secret-of-it`).toString('base64')}`,
      },
      body: new URLSearchParams(form),
    });
    const answer = (await response.json()) as Record<string, string>;
    return answer[member] ?? `error: ${answer.error}`;
  }

  #configure(alg: Algorithm): void {
    const service = (id: string) => ({
      client_id: id,
      client_secret: 'secret-of-it',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    });
    const people = {
      client_id: AUDIENCE,
      client_secret: 'secret-of-it',
      grant_types: ['authorization_code'],
      redirect_uris: [REDIRECT],
      response_types: ['code'],
      application_type: 'native',
    };
    const provider = new this.#Provider(this.issuer, {
      jwks: { keys: this.#keys },
      clients: [...this.#clients.map(service), people],
      scopes: ['openid', 'call'],
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'call',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            accessTokenTTL: LIFETIME_S,
            jwt: { sign: { alg } },
          }),
        },
      },
      extraTokenClaims: (_context: unknown, { clientId }: { readonly clientId: string }) => ({
        roles: clientId === 'scorer' ? ['fraud-team'] : [],
      }),
      findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
      cookies: { keys: ['of-a-test'] },
      pkce: { required: () => false },
    });
    this.#answer = provider.callback();
  }
}

async function visit(url: string, jar: Map<string, string>, form?: Record<string, string>): Promise<Response> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
  });
  for (const cookie of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    jar.set(name, value);
  }
  return response;
}

/** The URL of its module. */
function installProvider(): string {
  const folder = inCache('identities-node');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', PACKAGE], {
    cwd: folder,
    stdio: 'pipe',
  });
  return pathToFileURL(path.join(folder, 'node_modules/oidc-provider/lib/index.js')).href;
}
