import { excerpt, MillraceError } from '../core/index.js';
import type { AwsProfile } from './credentials/profile.js';
import { type AwsEnvironment, variable } from './environment.js';
import { ENDPOINT_PATTERN, type ObjectStoreOptions } from './options.js';

const DEFAULT_REGION = 'us-east-1';
const ENDPOINT = new RegExp(ENDPOINT_PATTERN);

/** Where the S3 API is, and how buckets are named there. */
export interface Endpoint {
  readonly region: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly isPathStyle: (bucket: string) => boolean;
}

/** The endpoint of the settings, the environment or the profile, which may have an internal address: callers never name one. Throws `failed_precondition` where it is no URL. */
export function endpointOf(
  options: Pick<ObjectStoreOptions, 'endpoint' | 'region' | 'addressing'>,
  environment: Pick<AwsEnvironment, 'env'>,
  profile: Pick<AwsProfile, 'region' | 'endpointUrl'>,
): Endpoint {
  const { addressing } = options;
  const region = regionOf(options, environment, profile);
  const named =
    options.endpoint || variable(environment, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL') || profile.endpointUrl;
  if (named !== undefined && !ENDPOINT.test(named)) {
    const message = `the endpoint of the object store: expected http://<host> or https://<host>, got '${excerpt(named)}'`;
    throw new MillraceError('failed_precondition', message);
  }
  return {
    region,
    url: (named ?? `https://s3.${region}.${domainOf(region)}`).replace(/\/+$/, ''),
    isPathStyle(bucket) {
      if (addressing !== 'auto') return addressing === 'path';
      // A certificate of AWS is for one label in front of its own name.
      return named !== undefined || bucket.includes('.');
    },
  };
}

export function regionOf(
  { region }: Pick<ObjectStoreOptions, 'region'>,
  environment: Pick<AwsEnvironment, 'env'>,
  profile: Pick<AwsProfile, 'region'>,
): string {
  return region || variable(environment, 'AWS_REGION', 'AWS_DEFAULT_REGION') || profile.region || DEFAULT_REGION;
}

/** Of AWS's partitions. */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** The URL of a bucket, or of an object in it. Parameters without a value have none. */
export function urlOf(
  { url, isPathStyle }: Endpoint,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const path = key.split('/').map(encode).join('/');
  const parameters = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encode(name)}=${encode(value ?? '')}`);
  const search = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  if (isPathStyle(bucket)) return `${url}/${bucket}/${path}${search}`;
  const [scheme, rest] = url.split('://', 2);
  return `${scheme}://${bucket}.${rest}/${path}${search}`;
}

/** RFC 3986: all but its unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
