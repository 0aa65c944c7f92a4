/** Requests to the server that has served this page. */

/** @import { Call } from './types.js' */

import { authorization } from './key.js';
import { pathOf, requestOf } from './request.js';

export function fetchDocument() {
  return fetch('/openapi.json', { headers: authorization() });
}

/** @param {Call} call @param {AbortSignal} signal */
export function send(call, signal) {
  const { headers, body } = requestOf(call);
  return fetch(pathOf(call), { method: 'POST', headers: { ...headers, ...authorization() }, body, signal });
}

/**
 * The data of each event of a stream, as it comes. Leaving the loop ends the request, and with that the model.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 */
export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const lines = (text + chunk.value).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
    }
  } finally {
    await reader.cancel();
  }
}
