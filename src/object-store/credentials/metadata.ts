import { isIP } from 'node:net';
import { type AwsEnvironment, variable } from '../environment.js';
import { type HttpExchanges, readText } from '../http/exchange.js';
import { type Credentials, readServedCredentials, unusable } from './credentials.js';

const MAX_BYTES = 65_536;
/** Where ECS and EKS serve credentials. */
const ECS = 'http://169.254.170.2';
const CONTAINER_HOSTS = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]', 'localhost', '[::1]'];
const INSTANCE = 'http://169.254.169.254';
const ROLE_PATH = '/latest/meta-data/iam/security-credentials/';
const TOKEN_SECONDS = '21600';

interface MetadataParts {
  readonly environment: AwsEnvironment;
  readonly exchanges: HttpExchanges;
}

/** Credentials that the platform of a container serves (ECS, EKS Pod Identity). */
export async function fromContainer({ environment, exchanges }: MetadataParts): Promise<Credentials | undefined> {
  const relative = variable(environment, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  const url =
    relative === undefined ? variable(environment, 'AWS_CONTAINER_CREDENTIALS_FULL_URI') : `${ECS}${relative}`;
  if (url === undefined) return undefined;
  const from = `the container's credentials at '${url}'`;
  if (!URL.canParse(url) || !mayBeAsked(new URL(url))) {
    throw unusable(from, 'expected https://, or an address of this machine or of ECS and EKS');
  }
  const file = variable(environment, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  const token = file === undefined ? variable(environment, 'AWS_CONTAINER_AUTHORIZATION_TOKEN') : undefined;
  const authorization = file === undefined ? token : (await environment.readFile(file))?.trim();
  const headers: Record<string, string> = authorization ? { authorization } : {};
  return readServedCredentials(await ask(exchanges, { method: 'GET', url, headers, from }), from);
}

/** Credentials of the role of an EC2 instance (its metadata service, version 2). */
export async function fromInstance({ environment, exchanges }: MetadataParts): Promise<Credentials> {
  const endpoint = (variable(environment, 'AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? INSTANCE).replace(/\/+$/, '');
  const from = `the instance's metadata at '${endpoint}'`;
  const token = await ask(exchanges, {
    method: 'PUT',
    url: `${endpoint}/latest/api/token`,
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS },
    from,
  });
  const headers = { 'x-aws-ec2-metadata-token': token.trim() };
  const roles = await ask(exchanges, { method: 'GET', url: `${endpoint}${ROLE_PATH}`, headers, from });
  const [role = ''] = roles.split('\n');
  if (!/^[\w+=,.@-]+$/.test(role)) throw unusable(from, 'the instance has no role');
  const text = await ask(exchanges, { method: 'GET', url: `${endpoint}${ROLE_PATH}${role}`, headers, from });
  return readServedCredentials(text, from);
}

interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly from: string;
}

async function ask(exchanges: HttpExchanges, { from, ...request }: Question): Promise<string> {
  const { status, body } = await exchanges.send(request);
  const { text } = await readText(body, MAX_BYTES);
  if (status !== 200) throw unusable(from, `status ${status}`);
  return text;
}

/** The token must not leave the machine without encryption. */
function mayBeAsked({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  if (protocol !== 'http:') return false;
  return CONTAINER_HOSTS.includes(hostname) || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}
