import { Type } from '@sinclair/typebox';
import type {
  ChangeLabels,
  LabelEndpoints,
  LabelsHistory,
  LabelsRevision,
  ModelLabel,
  ModelLabels,
} from '../labels.js';
import { LIMIT, oneOf, Time } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const Version = Type.Integer({ minimum: 1 });

const ModelLabelSchema = schemaOf<ModelLabel>()(
  Type.Object({
    label: Type.String(),
    version: Type.Integer(),
    owner: oneOf('file', 'api'),
    place: Type.Optional(Type.String({ description: 'Where a file has it: `fraud/model.yaml:3:11`.' })),
    ready: Type.Boolean({ description: 'Whether that version answers requests.' }),
  }),
);
const ModelLabelsSchema = schemaOf<ModelLabels>()(
  Type.Object({
    model: Type.String(),
    labels: Type.Array(ModelLabelSchema),
    revision: Type.Integer({ description: 'Of those that were declared through the API; 0 = none was.' }),
    changed_at: Type.Optional(Time),
    changed_by: Type.Optional(Type.String()),
  }),
);
const ChangeLabelsSchema = schemaOf<ChangeLabels>()(
  Type.Record(Type.String(), Type.Union([Version, Type.Null()]), {
    maxProperties: 100,
    description: 'Versions by label; null removes one. Labels that are not named stay as they are.',
  }),
);
const LabelsRevisionSchema = schemaOf<LabelsRevision>()(
  Type.Object({
    revision: Type.Integer(),
    labels: Type.Record(Type.String(), Version),
    changed_at: Time,
    changed_by: Type.String(),
  }),
);
const LabelsHistorySchema = schemaOf<LabelsHistory>()(
  Type.Object({ model: Type.String(), history: Type.Array(LabelsRevisionSchema) }),
);

const tag = 'traffic';

/** Labels of the versions of a model. */
export const LABEL_ENDPOINTS: EndpointSpecs<LabelEndpoints> = {
  'GET /models/{model}/labels': {
    tag,
    summary: "List the labels of a model's versions",
    control: false,
    etag: 'answer',
    answer: ModelLabelsSchema,
  },
  'PATCH /models/{model}/labels': {
    tag,
    summary: 'Move labels to versions that serve, or remove them: all or none, for all callers at once',
    control: true,
    etag: 'change',
    body: ChangeLabelsSchema,
    answer: ModelLabelsSchema,
  },
  'GET /models/{model}/labels/history': {
    tag,
    summary: "List the declared labels' history, newest first",
    control: false,
    query: { limit: LIMIT },
    answer: LabelsHistorySchema,
  },
  'POST /models/{model}/labels/undo': {
    tag,
    summary: 'Undo the last change of labels, which is a change itself',
    control: true,
    etag: 'change',
    answer: ModelLabelsSchema,
  },
};
