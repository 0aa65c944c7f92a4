import { expect, it } from 'vitest';
import { createDialectContext } from '../../test/support/dialects.js';
import { defaultSettings } from '../config/index.js';
import { createBuiltInDialects, DIALECT_OPTIONS } from './built-in.js';

it('the names of gRPC services are those that the dialects serve', async () => {
  const settings = defaultSettings();
  const off = Object.fromEntries(
    Object.keys(DIALECT_OPTIONS).map((name) => [
      name,
      { ...settings[name as keyof typeof DIALECT_OPTIONS], enabled: false },
    ]),
  );
  const { spoken, switchedOff } = await createBuiltInDialects(createDialectContext(), { ...settings, ...off });
  expect(spoken).toEqual([]);
  expect(switchedOff.map(({ name }) => name)).toEqual(Object.keys(DIALECT_OPTIONS));
  for (const { name, grpcServices, load } of switchedOff) {
    const dialect = await load();
    const methods = (await dialect.loadGrpc?.())?.methods ?? [];
    const served = new Set(methods.map(({ path }) => path.split('/')[1]));
    expect([name, dialect.name, [...served].sort()]).toEqual([name, name, [...grpcServices].sort()]);
  }
});
