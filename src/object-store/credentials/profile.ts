import path from 'node:path';
import { parse } from 'ini';
import { type AwsEnvironment, variable } from '../environment.js';

/** What AWS's files (`~/.aws/credentials`, `~/.aws/config`) say of a profile. */
export interface AwsProfile {
  readonly name: string;
  readonly region: string | undefined;
  readonly endpointUrl: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly sessionToken: string | undefined;
  readonly roleArn: string | undefined;
  readonly roleSessionName: string | undefined;
  readonly webIdentityTokenFile: string | undefined;
  /** Keys by which AWS's tools find credentials, and this server does not. */
  readonly unsupported: readonly string[];
}

const UNSUPPORTED = ['credential_process', 'sso_session', 'sso_start_url', 'source_profile', 'credential_source'];

/** Of both files, the credentials file comes first. A profile that is in none of them has nothing. */
export async function readProfile(environment: AwsEnvironment, configured: string): Promise<AwsProfile> {
  const name = configured || variable(environment, 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE') || 'default';
  const folder = path.join(environment.home, '.aws');
  const files = [
    variable(environment, 'AWS_CONFIG_FILE') ?? path.join(folder, 'config'),
    variable(environment, 'AWS_SHARED_CREDENTIALS_FILE') ?? path.join(folder, 'credentials'),
  ];
  const [config = '', credentials = ''] = await Promise.all(files.map((file) => environment.readFile(file)));
  const section = name === 'default' ? 'default' : `profile ${name}`;
  const found = new Map([...settingsOf(config, section), ...settingsOf(credentials, name)]);
  return {
    name,
    region: found.get('region'),
    endpointUrl: found.get('endpoint_url'),
    accessKeyId: found.get('aws_access_key_id'),
    secretAccessKey: found.get('aws_secret_access_key'),
    sessionToken: found.get('aws_session_token'),
    roleArn: found.get('role_arn'),
    roleSessionName: found.get('role_session_name'),
    webIdentityTokenFile: found.get('web_identity_token_file'),
    unsupported: UNSUPPORTED.filter((key) => found.has(key)),
  };
}

function settingsOf(text: string, section: string): readonly (readonly [string, string])[] {
  let place: unknown = parse(text);
  // The parser nests sections by their dots.
  for (const part of section.split('.')) place = isObject(place) ? place[part] : undefined;
  if (!isObject(place)) return [];
  return Object.entries(place).flatMap(([key, value]) =>
    typeof value === 'string' && value !== '' ? [[key, value] as const] : [],
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
