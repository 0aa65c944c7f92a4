import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Schema = Record<string, unknown>;

/** Named as that of chats: the document has none of its own for completions. */
const TEXT_CHUNK = 'CreateCompletionStreamResponse';

const FILE = path.resolve(import.meta.dirname, '../fixtures/openai/published-schema.json');

/** Where the document's examples, or its texts, have null and its schemas do not. A list is for each of its items. */
const NULLS = {
  Response: ['allOf.2.properties.usage'],
  CreateCompletionResponse: [
    // Nothing comes before the first token of a prompt that is echoed.
    'properties.choices.items.properties.logprobs.anyOf.0.properties.token_logprobs.items',
    'properties.choices.items.properties.logprobs.anyOf.0.properties.top_logprobs.items',
  ],
  [TEXT_CHUNK]: ['properties.usage', 'properties.choices.items.properties.finish_reason'],
};

/** The schemas of answers in OpenAI's OpenAPI document, by their names there, and `CreateCompletionStreamResponse`, which it lacks. */
export class PublishedSchema {
  readonly #ajv: Ajv2020;
  readonly #events: ReadonlyMap<string, string>;

  constructor() {
    const schemas = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Schema>;
    for (const place of NULLS.CreateCompletionResponse) allowNull(schemas.CreateCompletionResponse, place);
    schemas[TEXT_CHUNK] = structuredClone(schemas.CreateCompletionResponse) as Schema;
    for (const place of NULLS[TEXT_CHUNK]) allowNull(schemas[TEXT_CHUNK], place);
    for (const place of NULLS.Response) allowNull(schemas.Response, place);
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(this.#ajv);
    this.#ajv.addFormat('unixtime', true);
    this.#ajv.addSchema({ $id: 'published', components: { schemas } });
    this.#events = new Map(eventsOf(schemas));
  }

  /** What is wrong with an answer; empty where nothing is. */
  mistakes(name: string, answer: unknown): readonly string[] {
    const validate = this.#schema(name);
    if (validate(answer)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [name, instancePath, message, JSON.stringify(params)].join(' '),
    );
  }

  /** The same of an event of a response's stream, by the schema of its type alone: the errors of all types say little. */
  mistakesOfEvent(event: { readonly type: string }): readonly string[] {
    const name = this.#events.get(event.type);
    return name === undefined ? [`no event has the type ${event.type}`] : this.mistakes(name, event);
  }

  #schema(name: string): ValidateFunction {
    const validate = this.#ajv.getSchema(`published#/components/schemas/${name}`);
    if (validate === undefined) throw new Error(`no schema is named ${name}`);
    return validate;
  }
}

function allowNull(schema: Schema | undefined, place: string): void {
  const names = place.split('.');
  const last = names.pop() ?? '';
  // biome-ignore lint/suspicious/noExplicitAny: schemas of any shape
  const parent = names.reduce<any>((inner, name) => inner[name], schema);
  if (!(last in parent)) throw new Error(`the schema has no ${place}`);
  parent[last] = { anyOf: [parent[last], { type: 'null' }] };
}

/** The name of each event's schema by the type that it has. */
function* eventsOf(schemas: Readonly<Record<string, Schema>>): Iterable<[string, string]> {
  const { anyOf = [] } = schemas.ResponseStreamEvent as { readonly anyOf?: readonly { readonly $ref: string }[] };
  for (const { $ref } of anyOf) {
    const name = path.basename($ref);
    const { properties } = schemas[name] as { readonly properties: { readonly type: { readonly enum: string[] } } };
    for (const type of properties.type.enum) yield [type, name];
  }
}
