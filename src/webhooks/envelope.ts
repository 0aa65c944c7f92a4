import type { JsonValue } from '../core/index.js';
import type { WebhookFormat } from '../store/index.js';

/** What a receiver is notified of. */
export interface Notification {
  /** `job.succeeded` */
  readonly type: string;
  /** Id of the job. */
  readonly subject: string;
  /** When it ended; milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly data: unknown;
}

export interface Envelope {
  readonly contentType: string;
  readonly body: string;
}

interface EnvelopeSetup {
  /** Of the message: the same for each attempt. */
  readonly id: string;
  readonly origin: string;
  readonly format: WebhookFormat;
}

/** A notification as it is sent: the same bytes for each attempt. */
export function envelopeOf(
  { type, subject, atMs, data }: Notification,
  { id, origin, format }: EnvelopeSetup,
): Envelope {
  const time = new Date(atMs).toISOString();
  if (format === 'standard') {
    return { contentType: 'application/json', body: JSON.stringify({ type, timestamp: time, data }) };
  }
  const source = `//${origin}/millrace/v1/jobs`;
  const event = { specversion: '1.0', id, source, type, subject, time, datacontenttype: 'application/json', data };
  return { contentType: 'application/cloudevents+json; charset=utf-8', body: JSON.stringify(event) };
}

/** An answer within a notification: its body as text where it is UTF-8, as base64 where it is not, and left out where it is too large. */
export function answerMember(
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  body: Uint8Array,
  maxBytes: number,
): Readonly<Record<string, JsonValue>> {
  const head = { status, content_type: headers['content-type'] ?? null, bytes: body.byteLength };
  if (body.byteLength > maxBytes) return { ...head, omitted: true };
  try {
    return { ...head, body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    return { ...head, body_base64: Buffer.from(body).toString('base64') };
  }
}
