import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import {
  errorXml,
  type ObjectServer,
  openTestObjects,
  startObjectServer,
} from '../../../test/support/object-server.js';
import type { ObjectStoreOptions } from '../options.js';

let server: ObjectServer;
beforeEach(async () => {
  server = await startObjectServer();
  server.reply({});
});
afterEach(() => server[Symbol.asyncDispose]());

const OBJECT = { bucket: 'bucket', key: 'file' };
const CREDENTIALS_FILE = '/home/ada/.aws/credentials';
const CONFIG_FILE = '/home/ada/.aws/config';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: Partial<ObjectStoreOptions>;
}

/** The access key and region by which a request was signed, or the error. */
async function signedBy({ env = {}, files = {}, options = {} }: Given): Promise<string> {
  const { objects } = openTestObjects({ url: server.url, env, files, options });
  try {
    await objects.delete(OBJECT);
    return signer();
  } catch (error) {
    return (error as Error).message.replaceAll(server.url, '<server>');
  } finally {
    objects.close();
  }
}

function signer(): string {
  const { authorization = '' } = server.seen.at(-1)?.headers ?? {};
  const [, id, region] = /Credential=([^/]+)\/\d+\/([^/]+)/.exec(authorization) ?? [];
  return `${id} in ${region}`;
}

const ENV = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' };
const FILES = {
  [CREDENTIALS_FILE]:
    '[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = a/b+c=\n[a.b]\naws_access_key_id=AKIDDOTS\naws_secret_access_key=s\n',
  [CONFIG_FILE]: '[default]\nregion = eu-west-1\n[profile a.b]\nregion = eu-west-2\n[profile sso]\nsso_session = x\n',
};

describe('credentials are those of', () => {
  it.each<[string, Given, string]>([
    ['the environment', { env: ENV, files: FILES }, 'AKIDENV in eu-west-1'],
    ['a region of the environment', { env: { ...ENV, AWS_REGION: 'eu-north-1' } }, 'AKIDENV in eu-north-1'],
    [
      'a region of the settings',
      { env: { ...ENV, AWS_REGION: 'x' }, options: { region: 'sa-east-1' } },
      'AKIDENV in sa-east-1',
    ],
    ['no region', { env: ENV }, 'AKIDENV in us-east-1'],
    ['the default profile', { files: FILES }, 'AKIDDEFAULT in eu-west-1'],
    ['a profile of the environment', { files: FILES, env: { AWS_PROFILE: 'a.b' } }, 'AKIDDOTS in eu-west-2'],
    ['a profile of the settings', { files: FILES, options: { profile: 'a.b' } }, 'AKIDDOTS in eu-west-2'],
    [
      'another file',
      { files: { '/c': FILES[CREDENTIALS_FILE] ?? '' }, env: { AWS_SHARED_CREDENTIALS_FILE: '/c' } },
      'AKIDDEFAULT in us-east-1',
    ],
    [
      'nowhere',
      {},
      'no credentials for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a web identity (docs/object-stores.md)',
    ],
    [
      'a profile that needs another program',
      { files: FILES, options: { profile: 'sso' } },
      "no credentials for the object store: 'sso_session' of the AWS profile 'sso' is not supported; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ],
  ])('%s', async (_, given, expected) => {
    expect(await signedBy(given)).toBe(expected);
  });

  it('a profile that names the endpoint', async () => {
    const files = {
      [CONFIG_FILE]: `[default]\nendpoint_url = ${server.url}\n`,
      [CREDENTIALS_FILE]: FILES[CREDENTIALS_FILE] ?? '',
    };
    expect(await signedBy({ files, options: { endpoint: '' } })).toBe('AKIDDEFAULT in us-east-1');
  });
});

const served = (id: string, expiresAtMs: number) =>
  JSON.stringify({
    AccessKeyId: id,
    SecretAccessKey: 'served-secret',
    Token: `token-of-${id}`,
    Expiration: new Date(expiresAtMs).toISOString(),
  });

describe('a web identity', () => {
  const env = () => ({
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_ENDPOINT_URL_STS: server.url,
  });
  const role = (id: string, expiresAtMs: number) => ({
    body:
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${id}</AccessKeyId>` +
      `<SecretAccessKey>s</SecretAccessKey><SessionToken>st</SessionToken><Expiration>${new Date(expiresAtMs).toISOString()}</Expiration></Credentials>` +
      '</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
  });

  it('becomes the credentials of its role, which are replaced before they expire', async () => {
    const clock = new FakeClock();
    const soon = clock.wallNow() + 900_000;
    const { objects } = openTestObjects({ url: server.url, env: env(), files: { '/token': 'jwt\n' }, clock });
    server.reply(role('AKIDONE', soon), {}, {}, role('AKIDTWO', soon + 900_000), {});
    await objects.delete(OBJECT);
    expect(signer()).toBe('AKIDONE in us-east-1');
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/',
      body: 'Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=millrace&WebIdentityToken=jwt',
    });
    expect(server.seen[1]?.headers['x-amz-security-token']).toBe('st');
    await clock.advance(590_000);
    await objects.delete(OBJECT);
    expect(signer()).toBe('AKIDONE in us-east-1');
    await clock.advance(20_000);
    await objects.delete(OBJECT);
    expect(signer()).toBe('AKIDTWO in us-east-1');
    objects.close();
  });

  it('that cannot be replaced is used until it expires', async () => {
    const clock = new FakeClock();
    const { objects } = openTestObjects({ url: server.url, env: env(), files: { '/token': 'jwt' }, clock });
    server.reply(role('AKIDONE', clock.wallNow() + 900_000), {}, { status: 503 }, {});
    await objects.delete(OBJECT);
    await clock.advance(700_000);
    await objects.delete(OBJECT);
    expect(signer()).toBe('AKIDONE in us-east-1');
    await clock.advance(201_000);
    server.reply({ status: 400, body: errorXml('ExpiredTokenException', 'The token jwt has expired.') });
    await expect(objects.delete(OBJECT)).rejects.toThrow(
      "no credentials for the object store from the web identity token '/token': STS answered 400 ExpiredTokenException The token … has expired.",
    );
    objects.close();
  });

  it('without a token is an error', async () => {
    expect(await signedBy({ env: env() })).toBe(
      "no credentials for the object store from the web identity token '/token': the file is missing or empty",
    );
  });

  it('may be of a profile', async () => {
    const files = { [CONFIG_FILE]: '[default]\nrole_arn=r\nweb_identity_token_file=/token\n', '/token': 'jwt' };
    server.reply(role('AKIDPROFILE', Date.now() + 3_600_000), {});
    expect(await signedBy({ env: { AWS_ENDPOINT_URL_STS: server.url }, files })).toBe('AKIDPROFILE in us-east-1');
  });
});

it('credentials that have expired are replaced once', async () => {
  const expired = { status: 400, body: errorXml('ExpiredToken') };
  server.reply(
    { body: served('AKIDONE', Date.now() + 3_600_000) },
    expired,
    { body: served('AKIDTWO', Date.now() + 3_600_000) },
    expired,
  );
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/creds` };
  expect(await signedBy({ env })).toBe(
    's3://bucket/file: the credentials of this server have expired (ExpiredToken; No.; request id R1)',
  );
  expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'GET', 'DELETE']);
});

describe('the credentials of a container', () => {
  it('are asked for with its token', async () => {
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/auth',
    };
    server.reply({ body: served('AKIDPOD', Date.now() + 3_600_000) }, {});
    expect(await signedBy({ env, files: { '/auth': 'let me in\n' } })).toBe('AKIDPOD in us-east-1');
    expect(server.seen[0]).toMatchObject({ url: '/creds', headers: { authorization: 'let me in' } });
    expect(server.seen[1]?.headers['x-amz-security-token']).toBe('token-of-AKIDPOD');
  });

  it.each(['http://192.0.2.1/creds', 'ftp://localhost/', 'no URL', 'http://127.0.0.1.example.com/'])(
    'are not asked for at %s',
    async (url) => {
      expect(await signedBy({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url } })).toBe(
        `no credentials for the object store from the container's credentials at '${url}': expected https://, or an address of this machine or of ECS and EKS`,
      );
    },
  );

  it.each(['no JSON', '{}', 'null'])('of %s are none', async (body) => {
    server.reply({ body });
    expect(await signedBy({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/creds` } })).toMatch(
      /: its answer (is no JSON|has no AccessKeyId or SecretAccessKey)$/,
    );
  });
});

describe('the metadata of an instance', () => {
  const env = () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url });

  it('is not asked unless the settings say so', async () => {
    expect(await signedBy({ env: env() })).toMatch(/^no credentials for the object store: set /);
    expect(server.seen).toEqual([]);
  });

  it('is asked with a token of its own', async () => {
    server.reply(
      { body: 'imds-token' },
      { body: 'my-role\n' },
      { body: served('AKIDEC2', Date.now() + 3_600_000) },
      {},
    );
    expect(await signedBy({ env: env(), options: { instanceMetadata: true } })).toBe('AKIDEC2 in us-east-1');
    expect(server.seen.slice(0, 3).map(({ method, url }) => `${method} ${url}`)).toEqual([
      'PUT /latest/api/token',
      'GET /latest/meta-data/iam/security-credentials/',
      'GET /latest/meta-data/iam/security-credentials/my-role',
    ]);
    expect(server.seen[2]?.headers['x-aws-ec2-metadata-token']).toBe('imds-token');
  });

  it.each([
    [[{ status: 403 }], 'status 403'],
    [[{ body: 't' }, { body: '../../x' }], 'the instance has no role'],
  ])('that answers %j has none', async (replies, problem) => {
    server.reply(...replies);
    expect(await signedBy({ env: env(), options: { instanceMetadata: true } })).toBe(
      `no credentials for the object store from the instance's metadata at '<server>': ${problem}`,
    );
  });
});
