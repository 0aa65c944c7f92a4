import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import type { Encoded } from '../endpoint.js';
import { parameter } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

// What is asserted here the compiler checks; each line marked @ts-expect-error must be an error.

interface Cup {
  readonly made_by: string;
  readonly sizes: readonly number[];
  readonly chipped?: boolean;
}

const made_by = Type.String();
const sizes = Type.Array(Type.Number());
const chipped = Type.Optional(Type.Boolean());
const CUP = Type.Object({ made_by, sizes, chipped });

describe('the schema of a type', () => {
  it('has its members, optional ones included', () => {
    expect(schemaOf<Cup>()(CUP)).toBe(CUP);
  });

  it('has no member by another name', () => {
    // @ts-expect-error: `made_by` is called `maker`
    schemaOf<Cup>()(Type.Object({ maker: made_by, sizes, chipped }));
  });

  it('lacks none, not even an optional one', () => {
    // @ts-expect-error: `chipped` is missing
    schemaOf<Cup>()(Type.Object({ made_by, sizes }));
  });

  it('has none besides', () => {
    // @ts-expect-error: there is no `color`
    schemaOf<Cup>()(Type.Object({ ...CUP.properties, color: Type.Optional(Type.String()) }));
  });

  it('has no member of another type', () => {
    // @ts-expect-error: sizes are numbers
    schemaOf<Cup>()(Type.Object({ made_by, sizes: Type.Array(Type.String()), chipped }));
    // @ts-expect-error: `chipped` may be missing, but not null
    schemaOf<Cup>()(Type.Object({ made_by, sizes, chipped: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])) }));
  });

  it('asks for a member only where the type does', () => {
    // @ts-expect-error: `chipped` may be missing
    schemaOf<Cup>()(Type.Object({ made_by, sizes, chipped: Type.Boolean() }));
    // @ts-expect-error: `made_by` may not be missing
    schemaOf<Cup>()(Type.Object({ made_by: Type.Optional(made_by), sizes, chipped }));
  });
});

describe('what JSON is made of', () => {
  it('has the members of its type', () => {
    const encoded: Encoded<Cup> = { made_by: 'ada', sizes: [1], chipped: undefined };
    // @ts-expect-error: `made_by` is called `maker`
    const renamed: Encoded<Cup> = { maker: 'ada', sizes: [1] };
    // @ts-expect-error: `chipped` is called `broken`
    const unknown: Encoded<Cup> = { made_by: 'ada', sizes: [1], broken: true };
    // @ts-expect-error: `made_by` may not be left out
    const without: Encoded<Cup> = { made_by: undefined, sizes: [1] };
    // @ts-expect-error: null is no way to leave out a member
    const empty: Encoded<Cup> = { made_by: 'ada', sizes: [1], chipped: null };
    expect([encoded, renamed, unknown, without, empty]).toHaveLength(5);
  });
});

describe('the endpoints of a resource as data', () => {
  const common = { tag: 'cups', summary: 'Cups', control: false };
  const answer = schemaOf<Cup>()(CUP);
  const query = {
    size: { ...parameter('In litres.'), required: true },
    from: parameter('Default: everywhere.'),
  } as const;

  interface CupEndpoints {
    'GET /cup': { readonly query: { readonly size: number; readonly from?: string }; readonly answer: Cup };
    'POST /cup': { readonly body: Cup; readonly answer: undefined };
  }
  type Get = Pick<CupEndpoints, 'GET /cup'>;
  type Post = Pick<CupEndpoints, 'POST /cup'>;

  it('are as their types say', () => {
    const specs: EndpointSpecs<CupEndpoints> = {
      'GET /cup': { ...common, query, answer },
      'POST /cup': { ...common, body: answer },
    };
    expect(Object.keys(specs)).toHaveLength(2);
  });

  it('are all there', () => {
    // @ts-expect-error: `POST /cup` is missing
    const specs: EndpointSpecs<CupEndpoints> = { 'GET /cup': { ...common, query, answer } };
    expect(specs).toBeDefined();
  });

  it('have the parameters and the schemas of their types', () => {
    const incomplete = { ...common, query: { size: query.size }, answer };
    const lax = { ...common, query: { ...query, size: parameter('In litres.') }, answer };
    // @ts-expect-error: `from` is missing
    const specs: EndpointSpecs<Get> = { 'GET /cup': incomplete };
    // @ts-expect-error: requests have to have `size`
    const optional: EndpointSpecs<Get> = { 'GET /cup': lax };
    // @ts-expect-error: the answer is no text
    const other: EndpointSpecs<Get> = { 'GET /cup': { ...common, query, answer: schemaOf<string>()(Type.String()) } };
    // @ts-expect-error: requests have a body
    const bodiless: EndpointSpecs<Post> = { 'POST /cup': common };
    // @ts-expect-error: there is no answer
    const talkative: EndpointSpecs<Post> = { 'POST /cup': { ...common, body: answer, answer } };
    expect([specs, optional, other, bodiless, talkative]).toHaveLength(5);
  });
});
