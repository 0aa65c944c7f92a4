import { expect, it } from 'vitest';
import { codeFiles } from './source-files.js';

const IMPORT = /\b(?:from|import|require)\s*\(?\s*['"](?:libsql|@libsql\/[^'"]*)['"]/;

/** Which shows what such imports look like. */
const SELF = 'test/architecture/libsql.test.ts';

/** Of controls of the benchmark, which run statements without the store. */
const CONTROL = 'bench/controls/jobs-table.mjs';

it('statements of libsql, which abort the process if what they get is no array, are reached by src/store/sqlite/database.ts alone', () => {
  const importing = codeFiles().filter(({ path, text }) => path !== SELF && path !== CONTROL && IMPORT.test(text));
  expect(importing.map(({ path }) => path)).toEqual(['src/store/sqlite/database.ts']);
});

it.each(["import Database from 'libsql';", 'await import("libsql")', "require('@libsql/linux-x64-gnu')"])(
  'an import is found where code says %s',
  (code) => expect(code).toMatch(IMPORT),
);
