import type { Random } from '../../support/random.js';
import { signAws } from '../../support/sign-aws.js';
import type { Json } from '../json.js';
import { httpShots, post, upload, withHeaders } from '../make-http.js';
import { type Draft, makeDraft, mutateText, type Sample } from '../mutate.js';
import { anyOf, httpShot, type MakeShot } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { LANGUAGE_MODEL, rowModels } from './models.js';
import { ROW_MODEL, routeSamples } from './rows.js';

const KEY = 'key-of-tester-0123456789';
const CREDENTIAL = { Authorization: `Bearer ${KEY}` };
const SIGNER = { id: 'AKIDTESTER', secret: 'secret-of-tester-0123456789' };
const TRITON = 'application/vnd.sagemaker-triton.binary+json;json-header-size=';
const TENSOR = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };

const DOCUMENTS: readonly Json[] = [
  {
    instances: [
      [1, 2],
      [3, 4],
    ],
    parameters: { a: 1, b: [true, null] },
  },
  { instances: [{ x: [1, 2] }, { x: [3, 4] }] },
  { inputs: { x: [[1, 2]] } },
  [[1, 2]],
  { inputs: [TENSOR], outputs: [{ name: 'x' }], parameters: { binary_data_output: true } },
  { messages: [{ role: 'user', content: 'a' }], max_tokens: 1 },
  { prompt: 'a', max_tokens: 1, stream: true },
  { text_input: 'a', parameters: { max_tokens: 1 } },
];
const UPLOADS = [
  ['text/csv', '1,2\n3,4\n'],
  ['application/jsonlines', '[1,2]\n[3,4]\n'],
  ['application/octet-stream', '\0\0\x80\x3f\0\0\0\x40'],
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/gif', 'GIF89a\x01\x00\x01\x00'],
  ['audio/wav', 'RIFF\x24\x00\x00\x00WAVEfmt '],
  [`${TRITON}40`, JSON.stringify({ inputs: [TENSOR] })],
  ['a/b', '1'],
] as const;
const ACCEPTS = ['*/*', 'text/csv', 'application/jsonlines;q=0.1, */*;q=0', 'a/b', ',;q=', ';'];

/** Valid bodies of all kinds to each of the paths. */
const bodiesTo = (paths: readonly string[]): readonly Sample[] =>
  paths.flatMap((path) => [
    ...DOCUMENTS.map((document) => post(path, document)),
    ...UPLOADS.map(([type, body]) => upload(path, type, Buffer.from(body, 'latin1'))),
    ...ACCEPTS.flatMap((accept) => withHeaders([post(path, DOCUMENTS[0] ?? [])], { Accept: accept })),
  ]);

/** Requests that are signed as the AWS SDKs sign them; now and then with a damaged signature. */
function signedShots(samples: readonly Sample[]): MakeShot {
  return (random) => {
    const draft = makeDraft(random.pick(samples), random);
    return httpShot({ ...draft, headers: [...draft.headers, ...signatureOf(draft, random)] }, random);
  };
}

function signatureOf({ method, target, headers, body }: Draft, random: Random): Draft['headers'] {
  const url = `http://localhost${target.startsWith('/') ? target : '/'}`;
  const signedHeaders = headers
    .filter(([name]) => /^[\w-]+$/.test(name))
    .map(([name, value]) => [name.toLowerCase(), value]);
  const signed = signAws({ method, url, body, headers: Object.fromEntries(signedHeaders) }, SIGNER);
  const whole = (['authorization', 'x-amz-date'] as const).map((name) => [name, signed[name]] as const);
  if (random.chance(0.7)) return whole;
  return whole.map(([name, value]) => [name, random.chance(0.5) ? mutateText(value, random) : value] as const);
}

const COMMON = {
  models: { ...rowModels(), ...ROW_MODEL, ...LANGUAGE_MODEL },
  settings: {
    auth: { keys: [{ name: 'tester', key: KEY, scopes: ['infer'] }], maxFailedKeysPerMinute: 0 },
    sagemaker: {
      enabled: true,
      model: 'floats',
      accessKeys: [{ ...SIGNER, key: 'tester' }],
      asyncOutput: 's3://bucket/out/',
    },
    // No caller of these requests may write there.
    jobs: { outputs: { allow: [{ principal: 'key:other', prefixes: ['s3://bucket/out/'] }] } },
    vertex: { enabled: true, model: 'floats' },
  },
  statuses: [...HTTP_STATUSES, 406, 424],
  codes: GRPC_CODES,
  credential: CREDENTIAL,
} as const;

const SAGEMAKER_PATHS = [
  ...['/invocations', '/models/kjv/invoke', '/models/none/invoke', '/endpoints/floats/invocations'],
  ...['/endpoints/kjv/invocations-response-stream', '/endpoints/none/async-invocations'],
];
const SAGEMAKER_HEADERS = [
  ...['kjv', 'none.tar.gz', '/', '@', '%00'].map((model) => ({ 'X-Amzn-SageMaker-Target-Model': model })),
  ...['AllTraffic', 'none', '@'].map((variant) => ({ 'X-Amzn-SageMaker-Target-Variant': variant })),
  ...['NEW_SESSION', 'none'].map((session) => ({ 'X-Amzn-SageMaker-Session-Id': session })),
];
const ASYNC_HEADERS = [
  ...[
    's3://bucket/in.json',
    's3://bucket/../x',
    's3://',
    'https://host/x',
    '\u00e9',
    `s3://bucket/${'k'.repeat(2_000)}`,
  ].map((location) => ({ 'X-Amzn-SageMaker-InputLocation': location })),
  ...['60', '-1', '1e9', 'x'].map((seconds) => ({ 'X-Amzn-SageMaker-RequestTTLSeconds': seconds })),
  ...['1', '99999999999', ''].map((seconds) => ({ 'X-Amzn-SageMaker-InvocationTimeoutSeconds': seconds })),
  ...['id', 'i'.repeat(65)].map((id) => ({ 'X-Amzn-SageMaker-Inference-Id': id })),
  { 'X-Amzn-SageMaker-Filename': 'x' },
];
const SAGEMAKER_ROWS = /^\/(?:ping|invocations|endpoints)\b|\/invoke$/;
const TO_SAGEMAKER = [
  ...bodiesTo(SAGEMAKER_PATHS),
  ...SAGEMAKER_HEADERS.flatMap((headers) => withHeaders([post('/invocations', [[1, 2]])], headers)),
  ...ASYNC_HEADERS.flatMap((headers) => withHeaders([post('/endpoints/floats/async-invocations', [[1, 2]])], headers)),
  ...routeSamples(SAGEMAKER_ROWS),
];

/** SageMaker's container contract and runtime API, signed or with a key. */
export const SAGEMAKER: FuzzTarget = {
  ...COMMON,
  name: 'sagemaker',
  rows: SAGEMAKER_ROWS,
  make: anyOf([0.5, httpShots(withHeaders(TO_SAGEMAKER, CREDENTIAL))], [0.5, signedShots(TO_SAGEMAKER)]),
  reaches: ['200', '400', '401', '403'],
  shots: 600,
};

const VERTEX_ROWS = /^\/(?:predict|health)$/;
const REDIRECTS = ['v2/models/floats/infer', 'v2/models/kjv/generate', 'v2/models/kjv/generate_stream', 'v2/x', '%'];
const TO_VERTEX = [
  ...bodiesTo(['/predict']),
  ...REDIRECTS.flatMap((place) =>
    withHeaders(
      DOCUMENTS.map((document) => post('/predict', document)),
      { 'X-Vertex-AI-Triton-Redirect': place },
    ),
  ),
  ...routeSamples(VERTEX_ROWS),
];

/** Vertex AI's container contract. */
export const VERTEX: FuzzTarget = {
  ...COMMON,
  name: 'vertex',
  rows: VERTEX_ROWS,
  make: httpShots(withHeaders(TO_VERTEX, CREDENTIAL)),
  reaches: ['200', '400', '401'],
  shots: 600,
};
