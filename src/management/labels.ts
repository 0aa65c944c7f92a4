import type { Encoded, LabelEndpoints, LabelsHistory, ModelLabel, ModelLabels } from '../api/index.js';
import { LABEL_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { LabelOfModel, LabelsOfModel, LabelsRevision, LabelUseCases } from '../service/index.js';
import { timeOf } from '../text/index.js';
import { createEndpointRoutes, tagged } from './endpoint-route.js';
import { readConditions, readLimit } from './read-request.js';

/** Labels of the versions of a model. */
export function createLabelRoutes(labels: LabelUseCases): readonly Route[] {
  return createEndpointRoutes<LabelEndpoints>(LABEL_ENDPOINTS, {
    'GET /models/{model}/labels'(call, { params: { model } }) {
      return answerLabels(labels.of(call, model));
    },
    async 'PATCH /models/{model}/labels'(call, { params: { model }, headers, body }) {
      return answerLabels(await labels.change(call, model, { labels: body, expected: readConditions(headers) }));
    },
    async 'GET /models/{model}/labels/history'(call, { params: { model }, query }) {
      return { body: encodeHistory(model, await labels.history(call, model, readLimit(query))) };
    },
    async 'POST /models/{model}/labels/undo'(call, { params: { model }, headers }) {
      return answerLabels(await labels.undo(call, model, readConditions(headers)));
    },
  });
}

function answerLabels(found: LabelsOfModel) {
  return tagged<ModelLabels>(encodeLabels(found), found.tag);
}

function encodeLabels({ model, labels, tag, changedAtMs, changedBy }: LabelsOfModel): Encoded<ModelLabels> {
  return {
    model,
    labels: labels.map(encodeLabel),
    revision: Number(tag),
    changed_at: timeOf(changedAtMs),
    changed_by: changedBy,
  };
}

function encodeLabel({ label, version, owner, place, isReady }: LabelOfModel): Encoded<ModelLabel> {
  return { label, version, owner, place, ready: isReady };
}

function encodeHistory(model: string, history: readonly LabelsRevision[]): Encoded<LabelsHistory> {
  return {
    model,
    history: history.map(({ revision, labels, changedAtMs, changedBy }) => ({
      revision,
      labels,
      changed_at: timeOf(changedAtMs),
      changed_by: changedBy,
    })),
  };
}
