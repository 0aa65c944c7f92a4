import path from 'node:path';
import { expect, it } from 'vitest';
import { sourceFiles } from './source-files.js';

/** Which folders of its room a file lies in and imports: `server/http → server/fast-path`. The room's own files count for no folder. */
function importsBetweenFolders(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { path: file, text } of sourceFiles()) {
    const [, room, folder, ...rest] = file.split('/');
    if (rest.length === 0) continue;
    for (const [, specifier = ''] of text.matchAll(/from '(\.[^']+)'/g)) {
      const [, otherRoom, otherFolder, ...others] = path.posix.join(path.posix.dirname(file), specifier).split('/');
      if (otherRoom !== room || otherFolder === folder || others.length === 0) continue;
      found.set(`${room}/${folder} → ${otherRoom}/${otherFolder}`, file);
    }
  }
  return found;
}

it('folders of a room do not import each other both ways', () => {
  const imports = importsBetweenFolders();
  expect(imports.size).toBeGreaterThan(50);
  const both = [...imports].filter(([arrow]) => imports.has(arrow.split(' → ').toReversed().join(' → ')));
  expect(both).toEqual([]);
});
