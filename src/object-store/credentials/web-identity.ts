import { domainOf } from '../endpoint.js';
import { type AwsEnvironment, variable } from '../environment.js';
import { readRefusal } from '../errors.js';
import { type HttpExchanges, readText } from '../http/exchange.js';
import { readXml } from '../xml.js';
import { type Credentials, readExpiry, unusable } from './credentials.js';
import type { AwsProfile } from './profile.js';

const MAX_BYTES = 65_536;

interface WebIdentityParts {
  readonly environment: AwsEnvironment;
  readonly exchanges: HttpExchanges;
  readonly region: string;
}

interface Role {
  readonly arn: string;
  readonly tokenFile: string;
  readonly session: string;
}

/** Exchanges the token of a file for the credentials of a role (STS, AssumeRoleWithWebIdentity), as in Kubernetes on AWS. */
export async function fromWebIdentity(
  parts: WebIdentityParts,
  profile: AwsProfile | undefined,
): Promise<Credentials | undefined> {
  const role = profile === undefined ? roleOfEnvironment(parts.environment) : roleOfProfile(profile);
  if (role === undefined) return undefined;
  const from = `the web identity token '${role.tokenFile}'`;
  const token = (await parts.environment.readFile(role.tokenFile))?.trim();
  if (!token) throw unusable(from, 'the file is missing or empty');
  const { region, exchanges } = parts;
  const endpoint = variable(parts.environment, 'AWS_ENDPOINT_URL_STS') ?? `https://sts.${region}.${domainOf(region)}`;
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.session,
    WebIdentityToken: token,
  });
  const { status, headers, body } = await exchanges.send({
    method: 'POST',
    url: `${endpoint.replace(/\/+$/, '')}/`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  });
  const { text } = await readText(body, MAX_BYTES);
  if (status !== 200) {
    const { storeCode, message } = await readRefusal(status, headers, text);
    throw unusable(from, `STS answered ${status} ${storeCode} ${message}`.replaceAll(token, '…').trim());
  }
  const given = (await readXml(text))?.child('AssumeRoleWithWebIdentityResult')?.child('Credentials');
  const [accessKeyId, secretAccessKey] = ['AccessKeyId', 'SecretAccessKey'].map((name) => given?.text(name));
  if (!accessKeyId || !secretAccessKey) throw unusable(from, 'the answer of STS has no credentials');
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: given?.text('SessionToken'),
    expiresAtMs: readExpiry(given?.text('Expiration')),
  };
}

function roleOfEnvironment(environment: AwsEnvironment): Role | undefined {
  const arn = variable(environment, 'AWS_ROLE_ARN');
  const tokenFile = variable(environment, 'AWS_WEB_IDENTITY_TOKEN_FILE');
  if (arn === undefined || tokenFile === undefined) return undefined;
  return { arn, tokenFile, session: variable(environment, 'AWS_ROLE_SESSION_NAME') ?? 'millrace' };
}

function roleOfProfile({ roleArn, webIdentityTokenFile, roleSessionName }: AwsProfile): Role | undefined {
  if (roleArn === undefined || webIdentityTokenFile === undefined) return undefined;
  return { arn: roleArn, tokenFile: webIdentityTokenFile, session: roleSessionName ?? 'millrace' };
}
