import type { Credentials } from './credentials/credentials.js';

interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name, with `x-amz-content-sha256`, the SHA-256 of the body. */
  readonly headers: Readonly<Record<string, string>>;
}

/** All headers to be sent. `nowMs`: milliseconds since the Unix epoch. */
export type Sign = (
  request: UnsignedRequest,
  credentials: Credentials,
  nowMs: number,
) => Promise<Readonly<Record<string, string>>>;

/** Signs requests to S3 in a region by AWS's Signature Version 4. */
export function createSign(region: string): Sign {
  // Keys for signing are of a day and of credentials.
  let keys = new Map<string, ArrayBuffer>();
  return async ({ method, url, headers }, { accessKeyId, secretAccessKey, sessionToken }, nowMs) => {
    const { AwsV4Signer } = await import('aws4fetch');
    if (keys.size > 1) keys = new Map();
    const signer = new AwsV4Signer({
      method,
      url,
      headers: { ...headers },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region,
      cache: keys,
      datetime: new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    const signed = await signer.sign();
    return Object.fromEntries(signed.headers);
  };
}
