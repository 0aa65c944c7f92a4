import { expect, it } from 'vitest';
import { describeProtoFile } from './proto-file.js';

it('declares the members of a oneof one after the other, and optional fields behind them, as clients in Go insist', () => {
  const { messageType } = describeProtoFile({
    name: 'm.proto',
    package: 'p',
    imports: [],
    messages: {
      M: {
        note: [1, 'string', '_note'],
        first: [2, 'string', 'choice'],
        other: [3, 'string'],
        second: [4, 'string', 'choice'],
        third: [5, 'int32', 'choice'],
      },
    },
    enums: {},
    services: {},
  });
  const [message] = messageType;
  expect(message?.oneofDecl.map(({ name }) => name)).toEqual(['choice', '_note']);
  const indexOf = (field: object) =>
    Object.hasOwn(field, 'oneofIndex') ? Reflect.get(field, 'oneofIndex') : undefined;
  expect(message?.field.map((field) => [field.name, indexOf(field)])).toEqual([
    ['note', 1],
    ['first', 0],
    ['second', 0],
    ['third', 0],
    ['other', undefined],
  ]);
});
