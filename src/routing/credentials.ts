/** Headers that say who somebody is: routes see the principal instead. */
export function isCredential(header: string): boolean {
  return CREDENTIALS.has(header.toLowerCase());
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-amz-security-token',
]);
