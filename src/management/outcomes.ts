import type { ArmOutcomes, Encoded, OutcomeEffect, OutcomeEndpoints, OutcomeReport } from '../api/index.js';
import { OUTCOME_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { ArmReport, Effect, OutcomeReport as KnownOutcomes, OutcomeUseCases } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** What became of answers: telling it, and comparing arms by it. */
export function createOutcomeRoutes(outcomes: OutcomeUseCases): readonly Route[] {
  return createEndpointRoutes<OutcomeEndpoints>(OUTCOME_ENDPOINTS, {
    async 'POST /feedback'(call, { body: { request_id: requestId, value: given, principal } }) {
      const joined = await outcomes.give(call, { requestId, value: given, principal });
      const { route, arm, model, version, value } = joined;
      return { body: { route, arm, model, version, value } };
    },
    async 'GET /routes/{route}/outcomes'(call, { params: { route }, query }) {
      return { body: encodeReport(await outcomes.report(call, route, query.get('baseline') ?? undefined)) };
    },
  });
}

function encodeReport({ route, baseline, arms, droppedAnswers }: KnownOutcomes): Encoded<OutcomeReport> {
  return { route, confidence: 0.95, baseline, dropped_answers: droppedAnswers, arms: arms.map(encodeArm) };
}

function encodeArm({ mean, interval, effect, ...arm }: ArmReport): Encoded<ArmOutcomes> {
  return { ...arm, mean, interval, effect: effect && encodeEffect(effect) };
}

function encodeEffect({ difference, differenceInterval, ratio, ratioInterval }: Effect): Encoded<OutcomeEffect> {
  return { difference, difference_interval: differenceInterval, ratio, ratio_interval: ratioInterval };
}
