import { get, httpShots, post, upload } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { ROW_MODEL, routeSamples } from './rows.js';

const FORM = 'multipart/form-data; boundary=b';
const LINE = '{"custom_id":"a","method":"POST","url":"/v2/models/echo/infer","body":{}}';
const part = (disposition: string, content: string) =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
const FILE = part('name="file"; filename="in.jsonl"', `${LINE}\n`);
const PURPOSE = part('name="purpose"', 'batch');
const EXPIRY = part('name="expires_after[anchor]"', 'created_at') + part('name="expires_after[seconds]"', '3600');
const BATCH = { input_file_id: 'file-0', endpoint: '/v2/models/echo/infer', completion_window: '24h' };

const SAMPLES: readonly Sample[] = [
  upload('/v1/files', FORM, `${PURPOSE}${FILE}--b--\r\n`),
  upload('/v1/files', FORM, `${FILE}${EXPIRY}${PURPOSE}--b--\r\n`),
  upload('/v1/files', 'multipart/form-data; boundary="a b"', '--a b--\r\n'),
  upload('/v1/uploads/upload_0/parts', FORM, `${part('name="data"; filename="p"', 'x')}--b--\r\n`),
  post('/v1/uploads', { filename: 'f', purpose: 'batch', bytes: 10, mime_type: 'application/jsonl' }),
  post('/v1/uploads/upload_0/complete', { part_ids: ['part_0'], md5: 'd41d8cd98f00b204e9800998ecf8427e' }),
  post('/v1/uploads/upload_0/cancel', {}),
  post('/v1/batches', {
    ...BATCH,
    metadata: { a: 'b' },
    output_expires_after: { anchor: 'created_at', seconds: 3_600 },
  }),
  post('/v1/batches/batch_0/cancel', {}),
  get('/v1/batches?limit=2&after=batch_0'),
  get('/v1/files?limit=2&order=asc&purpose=batch'),
  get('/v1/files/file-0/content'),
];
const FILE_ROWS = /^\/v1\/(?:files|uploads|batches)\b/;

/** OpenAI's Files, Uploads and Batches. */
export const FILES: FuzzTarget = {
  name: 'files',
  models: ROW_MODEL,
  settings: {},
  statuses: HTTP_STATUSES,
  codes: GRPC_CODES,
  rows: FILE_ROWS,
  make: anyOf([0.85, httpShots(SAMPLES)], [0.15, httpShots(routeSamples(FILE_ROWS))]),
  reaches: ['200', '400', '404'],
  shots: 600,
};
