/** While the server shuts down, a client that neither sends nor takes a byte for this long is no longer waited for. */
export const STALLED_MS = 2_000;

/** How long a client may do nothing: `limitMs`, and less while the server shuts down. */
export function patienceMs(limitMs: number, draining: boolean): number {
  return draining ? Math.min(limitMs, STALLED_MS) : limitMs;
}

/** What the log says of a client that took nothing of its answer for longer than it may. */
export function stalledMessage(limitMs: number): string {
  return `the server cut off the client, which took nothing of its answer for ${limitMs} ms`;
}
