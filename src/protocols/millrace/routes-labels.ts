import { Type } from '@sinclair/typebox';
import type { LabelUseCases } from '../../service/index.js';
import { jsonResponse, type Route } from '../route.js';

const BASE = { tag: 'traffic', access: 'key' } as const;

const LabelsSchema = Type.Object({
  model: Type.String(),
  labels: Type.Array(Type.Object({ label: Type.String(), version: Type.Integer(), ready: Type.Boolean() })),
});

/** Labels of the versions of a model. */
export function createLabelRoutes(labels: LabelUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'GET',
      path: '/millrace/v1/models/{model}/labels',
      summary: 'Labels of the versions of a model',
      control: false,
      response: LabelsSchema,
      handle: (call, { params: { model = '' } }) =>
        jsonResponse({
          model,
          labels: labels.list(call, model).map(({ isReady, ...rest }) => ({ ...rest, ready: isReady })),
        }),
    },
  ];
}
