import { Type } from '@sinclair/typebox';
import { expect, it } from 'vitest';
import { withPlainEnums } from './plain-enums.js';

it('lists words as an enum', () => {
  const schema = Type.Object({
    state: Type.Union([Type.Literal('READY'), Type.Literal('LOADING')], { description: 'How it stands.' }),
    mixed: Type.Union([Type.Literal('a'), Type.Number()]),
  });
  expect(withPlainEnums({ list: [schema], nothing: null })).toEqual({
    list: [
      {
        type: 'object',
        required: ['state', 'mixed'],
        properties: {
          state: { type: 'string', enum: ['READY', 'LOADING'], description: 'How it stands.' },
          mixed: { anyOf: [{ const: 'a', type: 'string' }, { type: 'number' }] },
        },
      },
    ],
    nothing: null,
  });
});
