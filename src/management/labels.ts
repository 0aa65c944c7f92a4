import { type Static, Type } from '@sinclair/typebox';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { LabelsOfModel, LabelUseCases } from '../service/index.js';
import { readConditions, readLimit, timeOf } from './read-request.js';
import { LIMIT_PARAMETER, taggedOperation, taggedResponse } from './untyped.js';

const BASE = { tag: 'traffic', access: 'key' } as const;
const PATH = '/millrace/v1/models/{model}/labels';

const LabelsSchema = Type.Object({
  model: Type.String(),
  labels: Type.Array(
    Type.Object({
      label: Type.String(),
      version: Type.Integer(),
      owner: Type.Union([Type.Literal('file'), Type.Literal('api')]),
      place: Type.Optional(Type.String({ description: 'Where a file has it: `fraud/model.yaml:3:11`.' })),
      ready: Type.Boolean({ description: 'Whether that version answers requests.' }),
    }),
  ),
  revision: Type.Integer({ description: 'Of those that were declared through the API; 0 = none was.' }),
  changed_at: Type.Optional(Type.String({ format: 'date-time' })),
  changed_by: Type.Optional(Type.String()),
});

const VERSIONS = Type.Integer({ minimum: 1 });
const ChangesSchema = Type.Record(Type.String(), Type.Union([VERSIONS, Type.Null()]), {
  maxProperties: 100,
  description: 'Versions by label; null removes one. Labels that are not named stay as they are.',
});

const HistorySchema = Type.Object({
  model: Type.String(),
  history: Type.Array(
    Type.Object({
      revision: Type.Integer(),
      labels: Type.Record(Type.String(), VERSIONS),
      changed_at: Type.String({ format: 'date-time' }),
      changed_by: Type.String(),
    }),
  ),
});

/** Labels of the versions of a model. */
export function createLabelRoutes(labels: LabelUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'GET',
      path: PATH,
      summary: 'Labels of the versions of a model',
      control: false,
      operation: taggedOperation(LabelsSchema, { isChange: false }),
      handle: (call, { params: { model = '' } }) => encode(labels.of(call, model)),
    },
    {
      ...BASE,
      method: 'PATCH',
      path: PATH,
      summary: 'Moves labels to versions that serve, or removes them: all or none, for all callers at once',
      control: true,
      body: { kind: 'json', schema: ChangesSchema },
      operation: taggedOperation(LabelsSchema, { isChange: true }),
      handle: async (call, { params: { model = '' }, headers, json }) => {
        // The server has checked it against the schema.
        const changes = json as Static<typeof ChangesSchema>;
        return encode(await labels.change(call, model, { labels: changes, expected: readConditions(headers) }));
      },
    },
    {
      ...BASE,
      method: 'GET',
      path: `${PATH}/history`,
      summary: 'What labels of a model were declared, by whom and when, newest first',
      control: false,
      operation: { parameters: [LIMIT_PARAMETER] },
      response: HistorySchema,
      handle: async (call, { params: { model = '' }, query }) => {
        const history = await labels.history(call, model, readLimit(query));
        return jsonResponse({
          model,
          history: history.map(({ revision, labels: declared, changedAtMs, changedBy }) => ({
            revision,
            labels: declared,
            changed_at: timeOf(changedAtMs),
            changed_by: changedBy,
          })),
        });
      },
    },
    {
      ...BASE,
      method: 'POST',
      path: `${PATH}/undo`,
      summary: 'Goes back to the labels of before the last change, which is a change itself',
      control: true,
      operation: taggedOperation(LabelsSchema, { isChange: true }),
      handle: async (call, { params: { model = '' }, headers }) =>
        encode(await labels.undo(call, model, readConditions(headers))),
    },
  ];
}

function encode({ model, labels, tag, changedAtMs, changedBy }: LabelsOfModel) {
  const encoded = labels.map(({ isReady, ...rest }) => ({ ...rest, ready: isReady }));
  const changed = { revision: Number(tag), changed_at: timeOf(changedAtMs), changed_by: changedBy };
  return taggedResponse({ model, labels: encoded, ...changed }, tag);
}
