import { expect, it } from 'vitest';
import { endpointOf, urlOf } from './endpoint.js';

const OPTIONS = { endpoint: '', region: '', addressing: 'auto' } as const;
const NO_PROFILE = { region: undefined, endpointUrl: undefined };

it.each([
  [{}, {}, 'bucket', 'https://bucket.s3.us-east-1.amazonaws.com/a/b'],
  [{ region: 'cn-north-1' }, {}, 'bucket', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/a/b'],
  [{}, { AWS_REGION: 'eu-west-1' }, 'with.dots', 'https://s3.eu-west-1.amazonaws.com/with.dots/a/b'],
  [{ endpoint: 'http://minio:9000/' }, {}, 'bucket', 'http://minio:9000/bucket/a/b'],
  [{ endpoint: 'https://x.example/storage/v1/s3' }, {}, 'bucket', 'https://x.example/storage/v1/s3/bucket/a/b'],
  [{ endpoint: 'http://minio:9000', addressing: 'virtual' as const }, {}, 'bucket', 'http://bucket.minio:9000/a/b'],
  [{ addressing: 'path' as const }, {}, 'bucket', 'https://s3.us-east-1.amazonaws.com/bucket/a/b'],
  [{}, { AWS_ENDPOINT_URL_S3: 'http://one', AWS_ENDPOINT_URL: 'http://two' }, 'bucket', 'http://one/bucket/a/b'],
  [{}, { AWS_ENDPOINT_URL: 'http://two' }, 'bucket', 'http://two/bucket/a/b'],
])('%j with %j and the bucket %s is %s', (options, env, bucket, url) => {
  expect(urlOf(endpointOf({ ...OPTIONS, ...options }, { env }, NO_PROFILE), { bucket, key: 'a/b' })).toBe(url);
});

it.each(['minio:9000', 'ftp://minio', 'http://user:secret@minio', '???'])('%s is no endpoint', (endpoint) => {
  expect(() => endpointOf(OPTIONS, { env: { AWS_ENDPOINT_URL: endpoint } }, NO_PROFILE)).toThrow(
    /^the endpoint of the object store: expected http:\/\/<host> or https:\/\/<host>, got '/,
  );
});
