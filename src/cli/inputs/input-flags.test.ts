import { describe, expect, it } from 'vitest';
import { parseImageFlag, parseInputFlag, parseParameterFlag, parseShapeFlag } from './input-flags.js';

describe('parseInputFlag', () => {
  it.each([
    ['x=[1,2]', 'x', { kind: 'text', text: '[1,2]' }],
    ['[1,2]', undefined, { kind: 'text', text: '[1,2]' }],
    ['text=a=b', 'text', { kind: 'text', text: 'a=b' }],
    ['hello', undefined, { kind: 'text', text: 'hello' }],
    ['"a=b"', undefined, { kind: 'text', text: '"a=b"' }],
    ['-1', undefined, { kind: 'text', text: '-1' }],
    ['input:0=@rows.npy', 'input:0', { kind: 'file', path: 'rows.npy', picture: false }],
    ['@a=b.npy', undefined, { kind: 'file', path: 'a=b.npy', picture: false }],
    ['x=@-', 'x', { kind: 'file', path: '-', picture: false }],
  ])('reads %s', (given, name, source) => {
    expect(parseInputFlag(given)).toEqual({ name, source });
  });

  it('refuses a file without a name', () => {
    expect(() => parseInputFlag('x=@')).toThrow("Expected a file behind '@', got 'x=@'.");
  });
});

describe('parseImageFlag', () => {
  it.each([
    ['photo.jpg', undefined],
    ['pixels=photo.jpg', 'pixels'],
    ['pixels=@photo.jpg', 'pixels'],
  ])('reads %s', (given, name) => {
    expect(parseImageFlag(given)).toEqual({ name, source: { kind: 'file', path: 'photo.jpg', picture: true } });
  });
});

describe('parseShapeFlag', () => {
  it.each([
    ['x=1,16', ['x', [1, 16]]],
    ['x=[2, 3]', ['x', [2, 3]]],
    ['sr=', ['sr', []]],
  ])('reads %s', (given, shape) => {
    expect(parseShapeFlag(given)).toEqual(shape);
  });

  it.each(['1,16', 'x=-1,2', 'x=a'])('refuses %s', (given) => {
    expect(() => parseShapeFlag(given)).toThrow(`Expected NAME=SIZE,SIZE…, got '${given}'.`);
  });
});

describe('parseParameterFlag', () => {
  it.each([
    ['n=5', ['n', 5]],
    ['t=0.5', ['t', 0.5]],
    ['on=true', ['on', true]],
    ['off=false', ['off', false]],
    ['s=a=b', ['s', 'a=b']],
    ['empty=', ['empty', '']],
  ])('reads %s', (given, parameter) => {
    expect(parseParameterFlag(given)).toEqual(parameter);
  });

  it('refuses a parameter without a value', () => {
    expect(() => parseParameterFlag('n')).toThrow("Expected NAME=VALUE, got 'n'.");
  });
});
