import { readdirSync, readlinkSync } from 'node:fs';

/** How many files this process has open whose path begins so. */
export function openFiles(prefix: string): number {
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.startsWith(prefix)).length;
}
