/** The key of this tab, which its pages share, and refusals. */

const KEY = 'millrace-key';

/** The key of this tab; '' = none. */
export function readKey() {
  return sessionStorage.getItem(KEY) ?? '';
}

/** @param {string} key */
export function keepKey(key) {
  sessionStorage.setItem(KEY, key);
}

/** Headers of a request with the key of this tab. @returns {Record<string, string>} */
export function authorization() {
  const key = readKey();
  return key === '' ? {} : { authorization: `Bearer ${key}` };
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
