import { randomUUID } from 'node:crypto';

/** Ids as OpenAI's API has them; they cannot be guessed. */
export type IdPrefix = 'file-' | 'upload_' | 'part_' | 'batch_';

export function newId(prefix: IdPrefix): string {
  return prefix + randomUUID().replaceAll('-', '');
}
