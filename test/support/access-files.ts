import type { AccessRow } from './access-row.js';

/** Files and batches belong to callers who may infer anything; no caller has one by these ids. */
const ANY = { needs: 'model.infer', on: 'anything' } as const;
const UNKNOWN: AccessRow = { ...ANY, answers: 404 };
/** Others' batches are seen by operators; other rights are checked in test/e2e/batches-operator.test.ts. */
const SEEN = { needs: ['model.infer', 'job.read'], on: 'anything' } as const;
const UPLOAD = { filename: 'f', purpose: 'batch', bytes: 1, mime_type: 'text/plain' };
const BATCH = { input_file_id: 'none', endpoint: '/v2/models/echo/infer', completion_window: '24h' };

/** HTTP routes of files, uploads and batches, by method and path. */
export const FILE_ROWS: Readonly<Record<string, AccessRow>> = {
  // Its body is no form.
  'POST /v1/files': { ...ANY, answers: 400 },
  'GET /v1/files': ANY,
  'GET /v1/files/{file}': UNKNOWN,
  'DELETE /v1/files/{file}': UNKNOWN,
  'GET /v1/files/{file}/content': UNKNOWN,
  'POST /v1/uploads': { ...ANY, request: UPLOAD },
  'POST /v1/uploads/{upload}/parts': UNKNOWN,
  'POST /v1/uploads/{upload}/complete': { ...UNKNOWN, request: { part_ids: [] } },
  'POST /v1/uploads/{upload}/cancel': UNKNOWN,
  'POST /v1/batches': { ...UNKNOWN, request: BATCH, audit: 'batch.create' },
  'GET /v1/batches': SEEN,
  'GET /v1/batches/{batch}': { ...SEEN, answers: 404 },
  'POST /v1/batches/{batch}/cancel': { ...SEEN, answers: 404 },
};
