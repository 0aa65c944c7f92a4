import { create, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { toText } from '@bufbuild/protobuf/txtpb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTritonJson, parseTritonText } from './parse.js';
import { ModelConfigMessage } from './schema.js';
import { ENUMS, MESSAGES } from './schema-table.js';

describe('parseTritonText', () => {
  it('reads every syntax that protobuf allows', () => {
    const text = `
      # comment
      name: "de" 'nse' "\\x5f\\101"     # strings one after the other are one
      max_batch_size: 0x10;
      input [ { name: "x", data_type: TYPE_FP32, dims: [ 3, 0x20, 040 ] }, < name: "k" data_type: 3 dims: 1 dims: -1 > ]
      output: { name: "y" reshape { } }
      version_policy: { all { } }
      dynamic_batching <
        max_queue_delay_microseconds: 100,
        priority_queue_policy { key: 3 value: { timeout_action: DELAY allow_timeout_override: t } }
      >
      parameters { key: "a" value { string_value: "\\n\\u00e9" } }
    `;
    expect(parseTritonText(text)).toMatchObject({
      name: 'dense_A',
      max_batch_size: 16,
      input: [
        { name: 'x', data_type: 'TYPE_FP32', dims: ['3', '32', '32'], optional: false },
        { name: 'k', data_type: 'TYPE_UINT16', dims: ['1', '-1'] },
      ],
      output: [{ name: 'y', data_type: 'TYPE_INVALID', reshape: { shape: [] } }],
      version_policy: { all: {} },
      dynamic_batching: {
        max_queue_delay_microseconds: '100',
        priority_queue_policy: { '3': { timeout_action: 'DELAY', allow_timeout_override: true, max_queue_size: 0 } },
      },
      parameters: { a: { string_value: '\né' } },
    });
  });

  it('takes an empty file for an empty configuration', () => {
    expect(parseTritonText('')).toMatchObject({ name: '', max_batch_size: 0, input: [], model_warmup: [] });
  });

  it.each([
    ['nam: "a"', '1:1: unknown field "nam" for message ModelConfig; did you mean \'name\'?'],
    ['name: "a"\nmax_batch: 1', '2:1: unknown field "max_batch" for message ModelConfig'],
    ['name: 3', '1:7: expected a string, got "3"'],
    ['max_batch_size: "8"', '1:17: expected an integer, got a string'],
    [
      'max_batch_size: 99999999999',
      '1:17: ModelConfig.max_batch_size: expected number (int32): 99999999999 out of range',
    ],
    ['max_batch_size: 08', '1:17: invalid number'],
    ['input {\n  data_type: FP32\n}', '2:14: unknown enum value "FP32" for enum DataType; did you mean \'TYPE_FP32\'?'],
    ['name: "a', '1:7: unterminated string'],
    ['name: "a\nb"', '1:7: invalid U+000A in string'],
    ['input {\n', '1:8: unexpected end of input, expected "}"'],
    ['input [ { name: "a" }\n\n', '1:22: expected "," or "]" in list, got end of input'],
    ['name: "a" }', '1:11: expected a field name, got "}"'],
    ['input { name: "a" }\noutput { name "a" }', '2:15: expected ":" before value of field "name"'],
    ['name: "a"\nname: "b"', '2:1: non-repeated field "name" is repeated'],
    ['dynamic_batching {} sequence_batching {}', '1:21: oneof "scheduling_choice" is already set'],
    ['parameters { key: "a" valu: {} }', '1:23: unknown field "valu" in map entry'],
    ['# "unbalanced\ninput { dims: [1,,2] }', '2:18: expected an integer, got ","'],
    ['dynamic_batching { preserve_ordering: yes }', '1:39: expected a bool, got "yes"'],
    [`${'model_operations {'.repeat(2)}`, '1:19: unknown field "model_operations" for message ModelOperations'],
  ])('locates what is wrong in %j', (text, message) => {
    expect(() => parseTritonText(text)).toThrow(new Error(message));
  });
});

describe('parseTritonJson', () => {
  it('reads the JSON form, with names as in the file', () => {
    expect(
      parseTritonJson({ max_batch_size: 4, input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4, -1] }] }),
    ).toEqual(parseTritonText('max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [4, -1] }'));
  });

  it.each([
    [{ foo: 1 }, 'cannot decode message ModelConfig from JSON: key "foo" is unknown'],
    [{ ouput: [] }, 'cannot decode message ModelConfig from JSON: key "ouput" is unknown; did you mean \'output\'?'],
    [{ input: [{ data_type: 'FP32' }] }, 'cannot decode enum DataType from JSON: "FP32"; did you mean \'TYPE_FP32\'?'],
    [
      { max_batch_size: 'x' },
      'cannot decode field ModelConfig.max_batch_size from JSON: expected number (int32), got "x"',
    ],
    [[], 'cannot decode message ModelConfig from JSON: Array(0)'],
  ])('refuses %j', (value, message) => {
    expect(() => parseTritonJson(value)).toThrow(new Error(message));
  });
});

/** Random values of a type of the schema table, in protobuf's JSON. */
function anyValue(type: string, depth: number): fc.Arbitrary<JsonValue> {
  if (type.endsWith('[]')) return fc.array(anyValue(type.slice(0, -2), depth), { maxLength: 3 });
  const map = /^map<(\w+),(\w+)>$/.exec(type);
  if (map !== null) {
    const keys = map[1] === 'string' ? fc.string({ maxLength: 5 }) : fc.nat().map(String);
    const isKey = (key: string) => key !== '__proto__';
    return fc.dictionary(keys.filter(isKey), anyValue(map[2] as string, depth), { maxKeys: 3 });
  }
  const values = ENUMS[type];
  if (values !== undefined) return fc.constantFrom(...values);
  switch (type) {
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 12 });
    case 'bool':
      return fc.boolean();
    case 'int32':
      return fc.integer();
    case 'uint32':
      return fc.nat();
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    case 'float':
      return fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    default:
      return anyMessage(type, depth + 1);
  }
}

function anyMessage(name: string, depth = 0): fc.Arbitrary<JsonValue> {
  const rows = Object.entries(MESSAGES[name] ?? {});
  const nested = (type: string) => MESSAGES[type.replace('[]', '')] !== undefined;
  const fields = depth > 4 ? rows.filter(([, [, type]]) => !nested(type)) : rows;
  const record = Object.fromEntries(fields.map(([field, [, type]]) => [field, anyValue(type, depth)]));
  return fc.record(record, { requiredKeys: [] }).map((message) => {
    // Of each oneof, the first that happened to be drawn.
    const taken = new Set<string>();
    const kept = Object.entries(message).filter(([field]) => {
      const oneof = MESSAGES[name]?.[field]?.[2];
      if (oneof === undefined) return true;
      const isFirst = !taken.has(oneof);
      taken.add(oneof);
      return isFirst;
    });
    return Object.fromEntries(kept) as JsonValue;
  });
}

describe('for any configuration', () => {
  const config = anyMessage('ModelConfig').map((json) => {
    const message = fromJson(ModelConfigMessage, json);
    const written = toJson(ModelConfigMessage, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
    return { text: toText(ModelConfigMessage, message), written };
  });

  it('what is printed reads back as it was', () => {
    fc.assert(
      fc.property(config, ({ text, written }) => {
        expect(parseTritonText(text)).toEqual(written);
      }),
    );
  });

  it('the JSON form reads back as it was', () => {
    fc.assert(
      fc.property(config, ({ written }) => {
        expect(parseTritonJson(written)).toEqual(written);
      }),
    );
  });

  it('a stray character is found where it is', () => {
    fc.assert(
      fc.property(config, fc.nat(), ({ text }, position) => {
        const lines = text.split('\n');
        const line = position % lines.length;
        lines.splice(line, 0, '  @');
        expect(() => parseTritonText(lines.join('\n'))).toThrow(`${line + 1}:3: unexpected "@"`);
      }),
    );
  });

  it('a truncated file is refused or read, never worse', () => {
    fc.assert(
      fc.property(config, fc.nat(), ({ text }, length) => expectOrderly(text.slice(0, length % (text.length + 1)))),
    );
  });
});

describe('for any text', () => {
  it('the parser answers or refuses with line and column', () => {
    const punctuation = fc.constantFrom(...'{}<>[]:,;#"\'\\-\n ', 'name', 'input', 'dims', '1', '0x', '1.5e', 'true');
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), expectOrderly));
    fc.assert(fc.property(fc.array(punctuation, { maxLength: 40 }), (parts) => expectOrderly(parts.join(''))));
  });

  it('deep nesting is refused', () => {
    expect(() => parseTritonText('input{reshape'.repeat(50_000))).toThrow(/^1:\d+: /);
    expect(() => parseTritonText('ensemble_scheduling{step'.concat('<'.repeat(100_000)))).toThrow(/^1:\d+: /);
  });
});

function expectOrderly(text: string): void {
  try {
    parseTritonText(text);
  } catch (error) {
    expect((error as Error).message).toMatch(/^\d+:\d+: ./);
  }
}

it('the schema knows every message that it names', () => {
  expect(create(ModelConfigMessage).$typeName).toBe('inference.ModelConfig');
});
