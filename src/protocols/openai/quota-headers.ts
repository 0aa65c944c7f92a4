import type { QuotaStanding, QuotaUnit } from '../../core/index.js';
import { scarcest } from '../shared/generation/scarcest.js';

/** OpenAI's `x-ratelimit-*`, of requests and of tokens: of the limit of which least is left. */
export function quotaHeaders(standings: readonly QuotaStanding[]): Readonly<Record<string, string>> {
  return { ...headersOf(standings, 'requests'), ...headersOf(standings, 'tokens') };
}

function headersOf(standings: readonly QuotaStanding[], unit: QuotaUnit): Readonly<Record<string, string>> {
  const standing = scarcest(standings, unit);
  if (standing === undefined) return {};
  const { limit, remaining, resetMs } = standing;
  return {
    [`x-ratelimit-limit-${unit}`]: String(Math.floor(limit)),
    [`x-ratelimit-remaining-${unit}`]: String(Math.floor(remaining)),
    [`x-ratelimit-reset-${unit}`]: formatReset(resetMs),
  };
}

/** `1h2m3.5s`, `20ms`, as OpenAI writes it. */
function formatReset(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1_000) return `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = (whole % 60_000) / 1_000;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
