import { expect, it } from 'vitest';
import { createDialectContext } from '../../test/support/dialects.js';
import { loadDialects } from '../protocols/index.js';
import { DIALECTS } from './dialects.js';
import { defaultSettings } from './load.js';

it('the names of gRPC services are those that the dialects serve', async () => {
  const settings = defaultSettings();
  const off = Object.fromEntries(DIALECTS.map(({ name }) => [name, { ...settings[name], enabled: false }]));
  const { spoken, switchedOff } = await loadDialects(DIALECTS, createDialectContext(), { ...settings, ...off });
  expect(spoken).toEqual([]);
  expect(switchedOff.map(({ name }) => name)).toEqual(DIALECTS.map(({ name }) => name));
  for (const { name, grpcServices, load } of switchedOff) {
    const dialect = await load();
    const methods = (await dialect.loadGrpc?.())?.methods ?? [];
    const served = new Set(methods.map(({ path }) => path.split('/')[1]));
    expect([name, dialect.name, [...served].sort()]).toEqual([name, name, [...grpcServices].sort()]);
  }
});

it('bodies that one dialect passes on are answered by others', async () => {
  const { context } = await loadDialects(DIALECTS, createDialectContext(), defaultSettings());
  expect(Object.keys(await context.loadBodyHandlers()).sort()).toEqual([
    'chat',
    'completion',
    'forward',
    'generate',
    'infer',
  ]);
});
