/** Requests to the server that has served this page. */

/** @import { Call } from './types.js' */

import { pathOf, requestOf } from './request.js';

const KEY = 'millrace-key';

/** The key of this tab; '' = none. */
export function readKey() {
  return sessionStorage.getItem(KEY) ?? '';
}

/** @param {string} key */
export function keepKey(key) {
  sessionStorage.setItem(KEY, key);
}

/** @returns {Record<string, string>} */
function authorization() {
  const key = readKey();
  return key === '' ? {} : { authorization: `Bearer ${key}` };
}

export function fetchDocument() {
  return fetch('/openapi.json', { headers: authorization() });
}

/** @param {Call} call @param {AbortSignal} signal */
export function send(call, signal) {
  const { headers, body } = requestOf(call);
  return fetch(pathOf(call), { method: 'POST', headers: { ...headers, ...authorization() }, body, signal });
}

/** What a refusal says, in whatever form its protocol has. @param {unknown} json */
export function messageOf(json) {
  const { error, message, detail } = /** @type {Record<string, unknown>} */ (json ?? {});
  for (const value of [error, message, detail]) {
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  }
  return JSON.stringify(json);
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
