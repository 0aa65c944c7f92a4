import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import type { EndpointSpecs } from '../api/schemas/index.js';
import { schemaOf } from '../api/schemas/schema-of.js';
import { createEndpointRoutes, type Handlers } from './endpoint-route.js';

interface CupEndpoints {
  'GET /cups/{cup}': { readonly answer: { readonly made_by: string } };
  'POST /cups': { readonly body: { readonly made_by: string }; readonly answer: { readonly made_by: string } };
}

const CUP = schemaOf<{ readonly made_by: string }>()(Type.Object({ made_by: Type.String() }));
const SPECS: EndpointSpecs<CupEndpoints> = {
  'GET /cups/{cup}': { tag: 'cups', summary: 'One cup', control: false, answer: CUP },
  'POST /cups': { tag: 'cups', summary: 'Makes a cup', control: true, body: CUP, answer: CUP },
};
const HANDLERS: Handlers<CupEndpoints> = {
  'GET /cups/{cup}': (_, { params: { cup } }) => ({ body: { made_by: cup } }),
  'POST /cups': (_, { body: { made_by } }) => ({ body: { made_by } }),
};

describe('the routes of a resource', () => {
  it('are below the path of the API, one for each endpoint', () => {
    expect(createEndpointRoutes(SPECS, HANDLERS)).toMatchObject([
      { method: 'GET', path: '/millrace/v1/cups/{cup}', access: 'key', control: false },
      { method: 'POST', path: '/millrace/v1/cups', access: 'key', control: true, body: { kind: 'json', schema: CUP } },
    ]);
  });

  // What is asserted here the compiler checks; each line marked @ts-expect-error must be an error.
  it('have a handler each, which answers as the type of its endpoint says', () => {
    const { 'GET /cups/{cup}': get } = HANDLERS;
    // @ts-expect-error: `POST /cups` is missing
    createEndpointRoutes<CupEndpoints>(SPECS, { 'GET /cups/{cup}': get });
    // @ts-expect-error: there is no such endpoint
    createEndpointRoutes<CupEndpoints>(SPECS, { ...HANDLERS, 'GET /mugs': () => ({ body: {} }) });
    // @ts-expect-error: `made_by` is called `maker`
    const other: Handlers<CupEndpoints>['GET /cups/{cup}'] = () => ({ body: { maker: 'ada' } });
    // @ts-expect-error: the parameter is called `cup`
    const handler: Handlers<CupEndpoints>['GET /cups/{cup}'] = (_, { params }) => ({ body: { made_by: params.mug } });
    expect([other, handler]).toHaveLength(2);
  });
});
