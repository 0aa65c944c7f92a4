import { describe, expect, it } from 'vitest';
import * as schemas from '../../src/api/schemas/index.js';

/** A schema, as far as the rules look at it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** An endpoint, as far as the rules look at it. */
interface Spec {
  readonly summary?: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Schema;
  readonly answer?: Schema;
  /** Of the data of each server-sent event. */
  readonly events?: Schema;
  readonly errors?: Readonly<Record<string, { readonly schema: Schema }>>;
}

/** A schema and where it is: `rows[].at`, '' = the whole body. */
interface Place {
  readonly path: string;
  readonly schema: Schema;
}

interface Rule {
  readonly name: string;
  /** What breaks it, with its reason. */
  readonly faults: (spec: Spec) => readonly string[];
  readonly broken: Spec;
}

/** Moments that are named otherwise, by endpoint and path, and why. */
const OTHER_MOMENTS: Readonly<Record<string, string>> = {
  'GET /audit entries[].time': 'as in the chained files, which are never written anew',
  'GET /usage from': 'the ends of a time, named as in the query',
  'GET /usage to': 'the ends of a time, named as in the query',
};

const moment = { type: 'string', format: 'date-time' };
const number = { type: 'number' };
const object = (properties: Readonly<Record<string, Schema>>) => ({ type: 'object', properties });

const RULES: readonly Rule[] = [
  {
    name: 'a moment is text by RFC 3339, and is called `at` or `…_at`',
    faults: (spec) =>
      membersOf(spec).flatMap(({ path, schema }) => {
        const isCalledOne = /(^|[._\]])at$/.test(path);
        return isCalledOne === (schema.format === 'date-time') ? [] : [path];
      }),
    broken: {
      body: object({ expires: moment }),
      answer: object({ rows: { type: 'array', items: object({ time: moment, made_at: number }) } }),
    },
  },
  {
    name: 'a duration is a number of milliseconds that is not negative, or several in an object, and is called `…_ms`',
    faults: (spec) =>
      membersOf(spec).flatMap(({ path, schema: { type, minimum = -1 } }) => {
        if (/_(s|secs?|seconds|minutes|hours|us|ns)$|(^|[._\]])(at|since|until)_ms$/.test(path)) return [path];
        const isNumber = (type === 'integer' || type === 'number') && minimum >= 0;
        return path.endsWith('_ms') && !isNumber && type !== 'object' ? [path] : [];
      }),
    broken: {
      body: object({ hold_ms: number, wait_seconds: { ...number, minimum: 0 } }),
      answer: object({ held_ms: { type: 'string' }, since_ms: { ...number, minimum: 0 } }),
    },
  },
  {
    name: 'what there is not is missing: no answer has null',
    faults: (spec) => answersOf(spec).flatMap(({ path, schema }) => (takesNull(schema) ? [path] : [])),
    broken: {
      answer: object({
        owner: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        unit: { type: ['string', 'null'] },
        kind: { enum: ['a', null] },
      }),
      errors: { 409: { schema: object({ file: { const: null } }) } },
    },
  },
  {
    name: 'a list by pages takes `after` and `limit`, and answers `next`',
    faults: ({ query = {}, answer: { properties = {} } = {}, events }) => {
      const foreign = Object.keys(query).filter((name) => /^(cursor|offset|page|page_token|before)$/.test(name));
      const has = ['after' in query && events === undefined, 'limit' in query && 'next' in properties];
      return has[0] === has[1] ? foreign : [...foreign, 'after, limit and next'];
    },
    broken: { query: { limit: {}, cursor: {} }, answer: object({ next: { type: 'string' } }) },
  },
];

/** Verbs with which summaries begin. */
const IMPERATIVE =
  /^(Abort|Approve|Cancel|Check|Compare|Create|Declare|Explain|Get|List|Move|Pause|Promote|Reload|Remove|Report|Reset|Resume|Retry|Revoke|Rotate|Search|Start|Stream|Undo|Upgrade)\b/;

const ENDPOINTS = Object.entries(schemas)
  .filter(([name]) => name.endsWith('_ENDPOINTS'))
  .flatMap(([, specs]) => Object.entries(specs as Readonly<Record<string, Spec>>));

describe('the API', () => {
  it.each(RULES)('keeps a rule: $name', ({ faults }) => {
    const found = ENDPOINTS.flatMap(([name, spec]) => faults(spec).map((fault) => `${name} ${fault}`));
    expect(found.filter((fault) => !(fault in OTHER_MOMENTS))).toEqual([]);
  });

  it('has a summary for each endpoint that says what the endpoint does, as an imperative without a full stop', () => {
    const summaries = ENDPOINTS.map(([, { summary = '' }]) => summary);
    expect(summaries.filter((summary) => !IMPERATIVE.test(summary) || summary.endsWith('.'))).toEqual([]);
  });

  it('has no exception to its rules that there is not', () => {
    const found = ENDPOINTS.flatMap(([name, spec]) =>
      RULES.flatMap(({ faults }) => faults(spec).map((fault) => `${name} ${fault}`)),
    );
    expect(Object.keys(OTHER_MOMENTS).filter((exception) => !found.includes(exception))).toEqual([]);
  });
});

it('the rules find what breaks them', () => {
  expect(RULES.map(({ faults, broken }) => faults(broken))).toEqual([
    ['expires', 'rows[].time', 'rows[].made_at'],
    ['hold_ms', 'wait_seconds', 'held_ms', 'since_ms'],
    ['owner', 'unit', 'kind', 'file'],
    ['cursor', 'after, limit and next'],
  ]);
});

function membersOf(spec: Spec): readonly Place[] {
  return [...placesIn(spec.body), ...answersOf(spec)];
}

function answersOf({ answer, events, errors = {} }: Spec): readonly Place[] {
  return [answer, events, ...Object.values(errors).map(({ schema }) => schema)].flatMap((schema) => placesIn(schema));
}

/** A schema and all that are in it. */
function placesIn(schema: Schema | undefined, path = ''): readonly Place[] {
  if (schema === undefined) return [];
  const { properties = {}, patternProperties = {}, items, additionalProperties: others } = schema;
  const nested = [
    ...Object.entries(properties).map(([name, member]) => [path === '' ? name : `${path}.${name}`, member] as const),
    ...[items, others, ...Object.values(patternProperties)].map((member) => [`${path}[]`, member] as const),
  ];
  return [
    ...(path === '' ? [] : [{ path, schema }]),
    ...nested.flatMap(([at, member]) => (typeof member === 'object' ? placesIn(member, at) : [])),
    ...variantsOf(schema).flatMap((variant) => placesIn(variant, path).filter((place) => place.path !== path)),
  ];
}

function variantsOf({ anyOf = [], oneOf = [], allOf = [] }: Schema): readonly Schema[] {
  return [...anyOf, ...oneOf, ...allOf];
}

function takesNull(schema: Schema): boolean {
  const { type, enum: values = [] } = schema;
  return (
    [type].flat().includes('null') ||
    values.includes(null) ||
    schema.const === null ||
    variantsOf(schema).some(takesNull)
  );
}
