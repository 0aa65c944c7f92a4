import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../core/index.js';
import { checkBody } from './check-body.js';

const SCHEMA = Type.Object({
  count: Type.Optional(Type.Integer({ minimum: 2 })),
  mode: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b'), Type.Null()])),
  list: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
});

const STRICT = Type.Object(
  {
    steps: Type.Optional(Type.Array(Type.Integer())),
    deep: Type.Optional(Type.Object({}, { additionalProperties: false })),
  },
  { additionalProperties: false },
);

describe('checkBody', () => {
  it.each([{}, { count: 2, mode: null, list: [{ name: 'x' }] }, { more: 1 }])('lets %j pass', (body) => {
    expect(() => checkBody(SCHEMA, body)).not.toThrow();
  });

  it.each([
    [null, 'the body: expected object, got null'],
    ['x', 'the body: expected object, got string "x"'],
    [{ count: 1 }, "field 'count': expected integer of at least 2, got number 1"],
    [{ mode: 'c' }, `field 'mode': expected "a" or "b" or null, got string "c"`],
    [{ list: [{ name: 'x' }, {}] }, "field 'list.1.name': expected string, got nothing"],
    [{ list: [{ name: ['y'] }] }, "field 'list.0.name': expected string, got array"],
    [{ list: 'z'.repeat(100) }, `field 'list': expected array, got string "${'z'.repeat(39)}…`],
  ])('refuses %j', (body, message) => {
    expect(() => checkBody(SCHEMA, body)).toThrow(new MillraceError('invalid_argument', message));
  });

  it.each([
    [{ stpes: [1] }, "unknown field 'stpes'; did you mean 'steps'?"],
    [{ deep: { more: 1 } }, "unknown field 'deep.more'"],
  ])('refuses %j where all fields are known', (body, message) => {
    expect(() => checkBody(STRICT, body)).toThrow(new MillraceError('invalid_argument', message));
  });
});
