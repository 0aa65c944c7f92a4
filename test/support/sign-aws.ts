import { createHash, createHmac } from 'node:crypto';

export interface AwsRequest {
  readonly method?: string;
  readonly url: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AwsSigner {
  readonly id: string;
  readonly secret: string;
  readonly region?: string;
  readonly service?: string;
  readonly date?: Date;
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** The headers of a request without a query with AWS's Signature Version 4, as the step-by-step description of it has them. */
export function signAws({ method = 'POST', url, body, headers = {} }: AwsRequest, signer: AwsSigner) {
  const { id, secret, region = 'eu-central-1', service = 'sagemaker', date = new Date() } = signer;
  const { host, pathname } = new URL(url);
  const stamp = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const all: Record<string, string> = { ...headers, host, 'x-amz-date': stamp };
  const names = Object.keys(all).sort();
  const canonical = [
    method,
    pathname.replace(/%/g, '%25'),
    '',
    ...names.map((name) => `${name}:${all[name]?.trim()}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`;
  const key = scope.split('/').reduce<string | Buffer>((chained, part) => hmac(chained, part), `AWS4${secret}`);
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, 'x-amz-date': stamp, authorization };
}
