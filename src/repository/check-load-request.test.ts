import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../text/index.js';
import { keyForOwnFiles } from './check-load-request.js';

const BY_LOAD = { 'x-load-request': true };
const Named = Type.Object({ name: Type.Optional(Type.String(BY_LOAD)), path: Type.Optional(Type.String()) });
const SCHEMA = Type.Object({
  size: Type.Optional(Type.Integer(BY_LOAD)),
  library: Type.Optional(Type.String()),
  declared: Type.Optional(Type.String({ 'x-load-request': false })),
  odd: Type.Optional(Type.String({ 'x-load-request': 'yes' })),
  section: Type.Optional(
    Type.Object({ open: Type.Optional(Type.Boolean(BY_LOAD)), host: Type.Optional(Type.String()) }),
  ),
  // The keyword of a map says nothing of its keys.
  covered: Type.Optional(Type.Object({ host: Type.Optional(Type.String()) }, BY_LOAD)),
  list: Type.Optional(Type.Array(Named, BY_LOAD)),
  sizes: Type.Optional(Type.Array(Type.Integer(), BY_LOAD)),
  paths: Type.Optional(Type.Array(Type.String())),
  map: Type.Optional(Type.Record(Type.String(), Named, BY_LOAD)),
  tags: Type.Optional(Type.Record(Type.String(), Type.String(), BY_LOAD)),
  hosts: Type.Optional(Type.Record(Type.String(), Type.String())),
  either: Type.Optional(Type.Union([Type.Literal('none'), Named], BY_LOAD)),
  closed: Type.Optional(Type.Union([Type.Literal('none'), Type.Object({ size: Type.Integer(BY_LOAD) })])),
  anything: Type.Optional(Type.Unknown()),
});

describe('a configuration that a load request gives', () => {
  it.each<[object, string | undefined]>([
    [{}, undefined],
    [{ size: 1, section: { open: true }, sizes: [1], tags: { library: 'x' } }, undefined],
    [{ size: 1, library: '/lib' }, 'library'],
    [{ library: '' }, 'library'],
    [{ declared: 'x' }, 'declared'],
    [{ odd: 'x' }, 'odd'],
    [{ section: {} }, undefined],
    [{ section: { open: false, host: 'x' } }, 'section.host'],
    [{ covered: { host: 'x' } }, 'covered.host'],
    [{ list: [] }, undefined],
    [{ list: [{ name: 'a' }, { name: 'b', path: '/' }] }, 'list[1].path'],
    [{ paths: [] }, 'paths'],
    [{ map: { a: { name: 'b' } } }, undefined],
    [{ map: { a: { path: '/' } } }, 'map.a.path'],
    [{ hosts: {} }, 'hosts'],
    [{ either: 'none' }, undefined],
    [{ either: { name: 'a' } }, undefined],
    [{ either: { path: '/' } }, 'either.path'],
    [{ closed: 'none' }, 'closed'],
    [{ closed: { size: 1 } }, undefined],
    [{ anything: { size: 1 } }, 'anything'],
    [{ unknown: 1 }, 'unknown'],
    [{ section: { constructor: 1 } }, 'section.constructor'],
    [{ library: undefined }, undefined],
  ])('%j sets the key %s, which is not for it', (config, key) => {
    const found = keyForOwnFiles(SCHEMA, config);
    expect(found && formatPath(found)).toBe(key);
  });
});
