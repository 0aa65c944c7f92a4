import { MillraceError } from '../../core/index.js';
import type { HttpAnswer } from '../network/http-client.js';

/** Throws where the status is not 200, naming `what` was asked for. */
export async function refuseStatus({ status, body, url }: HttpAnswer, what: string): Promise<void> {
  if (status === 200) return;
  body.destroy();
  const { origin } = new URL(url);
  if (status === 404) throw new MillraceError('not_found', `there is no ${what} at ${origin}`);
  if (status === 401 || status === 403) {
    throw new MillraceError('permission_denied', `${origin} does not give ${what} to us (status ${status})`);
  }
  throw new MillraceError('failed_precondition', `${origin} answers with status ${status} for ${what}`);
}

/** The JSON object that a registry answered with. */
export function parseAnswer<T extends object>(text: string, url: string): T {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // The same as other JSON than an object.
  }
  throw new MillraceError('failed_precondition', `${url} answers with something else than a JSON object`);
}
