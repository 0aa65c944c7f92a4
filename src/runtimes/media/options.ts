import { OptionReader } from '../option-reader.js';

const KINDS = ['image', 'audio'] as const;

export interface MediaOptions {
  readonly kind: (typeof KINDS)[number];
  readonly maxPixels: number;
  readonly maxDurationMs: number;
}

export function readMediaOptions(section: Readonly<Record<string, unknown>>): MediaOptions {
  const reader = new OptionReader('media', section);
  const options: MediaOptions = {
    kind: reader.choice('kind', KINDS) ?? 'image',
    maxPixels: reader.amount('maxPixels') ?? 50_000_000,
    maxDurationMs: reader.amount('maxDurationMs') ?? 600_000,
  };
  reader.end();
  return options;
}
