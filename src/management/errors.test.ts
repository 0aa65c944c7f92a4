import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { expect, it } from 'vitest';
import { ApiErrorSchema, RELOAD_ENDPOINTS } from '../api/schemas/index.js';
import { ERROR_CODES, MillraceError } from '../core/index.js';
import { JobElsewhere, JobGone, ReloadFailed } from '../service/index.js';
import { encodeError, MILLRACE_STATUS } from './errors.js';

it.each(ERROR_CODES)('answers %s as the API says', (code) => {
  const { status, body } = encodeError(new MillraceError(code, 'why'), MILLRACE_STATUS[code]);
  expect([status, body]).toEqual([MILLRACE_STATUS[code], `{"error":{"code":"${code}","message":"why"}}`]);
  expect([...Value.Errors(ApiErrorSchema, JSON.parse(String(body)))]).toEqual([]);
});

it.each([
  [new JobGone('a-1'), 410, "job 'a-1' was removed"],
  [new JobElsewhere('a-1'), 421, "job 'a-1' is of another server: each server knows the jobs of its own store"],
])('answers %s with the status %i', (error, status, message) => {
  expect(encodeError(error, MILLRACE_STATUS.not_found)).toEqual({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code: 'not_found', message } }),
  });
});

it('answers a reload that has failed with what came of it', () => {
  const failed = new ReloadFailed({
    changed: [{ setting: 'auth.bindings', file: undefined }],
    needsRestart: ['server.httpPort'],
    problems: [{ file: 'keys.yaml', message: 'cannot be read' }],
  });
  const { status, body } = encodeError(failed, MILLRACE_STATUS.failed_precondition);
  expect([status, body]).toEqual([
    409,
    '{"error":{"code":"failed_precondition","message":"cannot be read"},"changed":[{"setting":"auth.bindings"}],"needs_restart":["server.httpPort"],"problems":[{"file":"keys.yaml","message":"cannot be read"}]}',
  ]);
  // Schemas of endpoints are TypeBox's; their type says less, since the document of the API asks for no more.
  const schema = RELOAD_ENDPOINTS['POST /reload'].errors?.[409]?.schema as TSchema;
  expect([...Value.Errors(schema, JSON.parse(String(body)))]).toEqual([]);
});
