import type { Endpoint } from '../endpoint.js';
import type { SchemaOf } from './schema-of.js';

/** A parameter of the query, as OpenAPI describes it. */
export interface QueryParameter {
  readonly description?: string;
  readonly schema: object;
}

/** A parameter without which a request is refused. */
export interface RequiredParameter extends QueryParameter {
  readonly required: true;
}

/** What all endpoints have. */
export interface CommonSpec {
  /** Group in the documentation. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Changes the server: moves to the admin port where there is one. */
  readonly control: boolean;
  /** The answer has an ETag; of a change, requests may have conditions (RFC 9110, 13.1), and 412 is answered where they are not met. */
  readonly etag?: 'answer' | 'change';
  /** A request may wait for the end of what it asks for, by the header Prefer (`wait=N`). */
  readonly waits?: true;
  /** Body of 202, as long as there is no other answer. */
  readonly accepted?: object;
  /** Other types in which the answer may be had, by the header Accept. */
  readonly mediaTypes?: readonly string[];
  /** Errors with a body of their own, by status. */
  readonly errors?: Readonly<Record<number, { readonly description: string; readonly schema: object }>>;
}

type ParameterOf<Query, Name extends keyof Query> =
  object extends Pick<Query, Name> ? QueryParameter : RequiredParameter;

/** An endpoint as data: its schemas and its documentation. */
export type EndpointSpec<E extends Endpoint> = CommonSpec &
  (E extends { readonly query: infer Query }
    ? { readonly query: { readonly [Name in keyof Query]-?: ParameterOf<Query, Name> } }
    : { readonly query?: never }) &
  (E extends { readonly body: infer Body } ? { readonly body: SchemaOf<Body> } : { readonly body?: never }) &
  (E extends { readonly answer: undefined }
    ? { readonly answer?: never }
    : // The second is of the data of each server-sent event, where it answers with these.
      { readonly answer: SchemaOf<E['answer']> } | { readonly events: SchemaOf<E['answer']> });

/** The endpoints of a resource as data. */
export type EndpointSpecs<Endpoints> = {
  readonly [Name in keyof Endpoints]: Endpoints[Name] extends Endpoint ? EndpointSpec<Endpoints[Name]> : never;
};
