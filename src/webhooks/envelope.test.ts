import { expect, it } from 'vitest';
import { answerMember, envelopeOf } from './envelope.js';
import { retryAfterMs } from './retry-after.js';

const NOTIFICATION = { type: 'job.failed', subject: 'j', atMs: 0, data: { job: { id: 'j' } } };

it('is a body of Standard Webhooks', () => {
  const { contentType, body } = envelopeOf(NOTIFICATION, { id: 'msg_j', origin: 'ml.example', format: 'standard' });
  expect([contentType, JSON.parse(body)]).toEqual([
    'application/json',
    { type: 'job.failed', timestamp: '1970-01-01T00:00:00.000Z', data: { job: { id: 'j' } } },
  ]);
});

it('is an event of CloudEvents 1.0 in structured mode', () => {
  const { contentType, body } = envelopeOf(NOTIFICATION, { id: 'msg_j', origin: 'ml.example', format: 'cloudevents' });
  expect([contentType, JSON.parse(body)]).toEqual([
    'application/cloudevents+json; charset=utf-8',
    {
      specversion: '1.0',
      id: 'msg_j',
      source: '//ml.example/millrace/v1/jobs',
      type: 'job.failed',
      subject: 'j',
      time: '1970-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: { job: { id: 'j' } },
    },
  ]);
});

it('includes an answer as text, as base64, or not where it is too large', () => {
  const head = { status: 200, headers: { 'content-type': 'text/plain' } };
  const member = { status: 200, content_type: 'text/plain' };
  expect(answerMember(head, Buffer.from('ü'), 2)).toEqual({ ...member, bytes: 2, body: 'ü' });
  expect(answerMember(head, Buffer.from([0xff, 0]), 2)).toEqual({ ...member, bytes: 2, body_base64: '/wA=' });
  expect(answerMember(head, Buffer.from('abc'), 2)).toEqual({ ...member, bytes: 3, omitted: true });
});

it('reads Retry-After in seconds and as a date', () => {
  expect([undefined, '5', 'Thu, 01 Jan 1970 00:00:10 GMT', 'soon'].map((text) => retryAfterMs(text, 4_000))).toEqual([
    undefined,
    5_000,
    6_000,
    undefined,
  ]);
});
