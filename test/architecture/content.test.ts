import { describe, expect, it } from 'vitest';
import { codeFiles, sourceFiles } from './source-files.js';

describe('source files', () => {
  it('nothing but config reads the environment', () => {
    const users = sourceFiles().filter((file) =>
      /\bprocess\.env\b|\benv\b[^'\n]*\} from 'node:process'/.test(file.text),
    );
    expect(users.map((file) => file.path).filter((name) => !name.startsWith('src/config/'))).toEqual([
      // Writes one variable, as the native library has no other switch.
      'src/runtimes/onnx/telemetry.ts',
    ]);
  });

  it('only core has to spell out the code of a bad argument', () => {
    const spelling = sourceFiles().filter((file) => /new MillraceError\(\s*'invalid_argument'/.test(file.text));
    expect(spelling.map((file) => file.path)).toEqual(['src/core/errors.ts']);
  });

  it('calls are opened where they come from outside; on behalf of others their parent makes them', () => {
    const openers = sourceFiles().filter(({ text }) => /\bnew Call\(/.test(text));
    // The settings file is changed from outside as well.
    const doors = ['src/local-infer.ts', 'src/reloads.ts'];
    const outside = (name: string) => name.startsWith('src/server/') || doors.includes(name);
    expect(openers.map((file) => file.path).filter((name) => !outside(name))).toEqual(['src/core/call.ts']);
  });

  it('protocols stamp their own stages in the timing of a call, and read the others from the answer', () => {
    const protocols = sourceFiles().filter(({ path }) => path.startsWith('src/protocols/'));
    const stamps = protocols.flatMap(({ text }) =>
      [...text.matchAll(/\bcall\.timing\.(\w+)/g)].map(([, name]) => name),
    );
    expect([...new Set(stamps)].toSorted()).toEqual(['decodedAt', 'encodeMs', 'ignored']);
  });

  it('one watch keeps the deadlines of all calls of a server', () => {
    const makers = sourceFiles().filter(({ text }) => /\bnew DeadlineWatch\(/.test(text));
    expect(makers.map((file) => file.path)).toEqual(['src/app.ts']);
  });

  it('no file is left for later', () => {
    const unfinished = sourceFiles().filter((file) => /\b(TODO|FIXME|XXX|HACK)\b|not implemented yet/i.test(file.text));
    expect(unfinished.map((file) => file.path)).toEqual([]);
  });
});

describe('object literals', () => {
  const spread = /\.\.\.(?:\(\s*)?\{/;

  it('name their properties themselves, not in a literal that is spread', () => {
    const spreading = codeFiles().filter((file) => spread.test(file.text));
    expect(spreading.map((file) => file.path)).toEqual([]);
  });

  it.each(['{ a, b }', '({ a, b } as const)'])('sees %s spread', (literal) => {
    expect(`{ ...${literal}, c }`).toMatch(spread);
  });
});
