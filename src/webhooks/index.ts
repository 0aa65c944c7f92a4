/** Room `webhooks` (rank 4): notifications of jobs' ends, sent to receivers that callers have named. */

export { answerMember, type Notification } from './envelope.js';
export { type WebhooksOptions, WebhooksOptionsSchema } from './options.js';
export type { ShownWebhookSecret, WebhookSecretInfo } from './secrets.js';
export { type NamedReceiver, Webhooks } from './webhooks.js';
