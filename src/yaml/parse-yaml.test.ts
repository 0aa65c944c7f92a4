import { describe, expect, it, vi } from 'vitest';
import { parseYaml } from './parse-yaml.js';

const TEXT = `inputs:
  - name: x
    shape: [1, 4]
  - name: y
`;

describe('parseYaml', () => {
  it.each([
    [[], '1:1'],
    [['inputs'], '1:1'],
    [['inputs', '0', 'shape'], '3:5'],
    [['inputs', '0', 'shape', '1'], '3:16'],
    [['inputs', '1', 'name'], '4:5'],
  ])('knows where %j begins', (path, expected) => {
    expect(parseYaml(TEXT).locate(path)).toBe(expected);
  });

  it('locates as much of a path as exists', () => {
    expect(parseYaml(TEXT).locate(['inputs', '1', 'shape', '0'])).toBe('4:5');
    expect(parseYaml(TEXT).locate(['outputs'])).toBe('1:1');
  });

  it('takes JSON, and an empty document for no keys', () => {
    expect(parseYaml('{"a": [1]}').tree).toEqual({ a: [1] });
    expect(parseYaml('').tree).toEqual({});
    expect(parseYaml('').locate(['a'])).toBe('1:1');
  });

  it('says where what is not YAML begins', () => {
    expect(() => parseYaml('a: [1')).toThrow(/^1:6: Flow sequence in block collection must be sufficiently indented/);
  });

  it('prints nothing about keys that are lists', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(parseYaml('{ [1, 2]: x }').tree).toEqual({ '[ 1, 2 ]': 'x' });
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not expand aliases without an end', () => {
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [above, name] of ['ab', 'bc', 'cd'].map((pair) => [...pair])) {
      laughs.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${above}`).join(', ')}]`);
    }
    expect(() => parseYaml(laughs.join('\n')).tree).toThrow(
      'Excessive alias count indicates a resource exhaustion attack',
    );
  });
});
