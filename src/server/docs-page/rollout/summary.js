/** What is rolled out, how far it is, and the verdict. */

/** @import { Decision, Rollout } from './types.js' */

import { byId, element } from '../dom.js';
import { kindBadge } from './metric-card.js';
import { formatCount, formatDuration, formatName, formatTime, formatUnseen, formatVerdict, isOver } from './words.js';

/** @param {Rollout} rollout */
export function showSummary(rollout) {
  const { model, stable, canary, state, verdict, phase, next, decisions } = rollout;
  document.title = `${model}: ${formatName(state)} – rollout to version ${canary}`;
  byId('title').replaceChildren(`${model} `, element('small', { textContent: `version ${stable} → ${canary}` }));
  byId('state').textContent = formatName(state);
  byId('state').className = `state ${state}`;
  byId('verdict-kind').replaceChildren(...(verdict === undefined ? [] : [kindBadge(verdict.kind)]));
  byId('verdict-sentence').textContent = formatVerdict(rollout);
  byId('phase').textContent = `Now: ${phase}.`;
  byId('next').textContent = isOver(rollout) ? `Why: ${decisions[0]?.reason ?? 'not known'}.` : `Next: ${next}.`;
  byId('forecast').textContent = rollout.forecast === undefined ? '' : `Verdict: ${rollout.forecast.sentence}`;
  byId('facts').replaceChildren(...factsOf(rollout));
  byId('steps').replaceChildren(...stepsOf(rollout));
  byId('unseen').replaceChildren(...formatUnseen(rollout).map((textContent) => element('li', { textContent })));
}

/** @param {Rollout} rollout @returns {readonly HTMLElement[]} */
function factsOf({ plan, step, weight, held_ms: heldMs, requests, started_at: at, started_by: by, canary }) {
  const inForce = plan.steps[step - 1];
  const held =
    inForce === undefined ? [] : [['Held', `${formatDuration(heldMs)} of ${formatDuration(inForce.hold_ms)}`]];
  const facts = [
    ['Step', `${step} of ${plan.steps.length}`],
    [`Share of version ${canary}`, `${weight} %`],
    ...held,
    ['Requests in this step', formatCount(requests)],
    ['Started', `${formatTime(at)} by ${by}`],
  ];
  return facts.map(([term, text]) =>
    element('div', {}, [element('dt', { textContent: term ?? '' }), element('dd', { textContent: text ?? '' })]),
  );
}

/** The plan as a list, with the step that is in force. @param {Rollout} rollout @returns {readonly HTMLElement[]} */
function stepsOf(rollout) {
  const { plan, step, state } = rollout;
  const steps = plan.steps.map(({ weight, needs_approval: needsApproval }) => ({ text: `${weight} %`, needsApproval }));
  const all = [...steps, { text: 'promotion', needsApproval: plan.promotion_needs_approval }];
  const reached = state === 'done' || state === 'promoting' ? all.length : step;
  return all.map(({ text, needsApproval }, index) => {
    const item = element('li', { textContent: text, className: index < reached ? 'reached' : '' });
    if (index === reached - 1 && !isOver(rollout)) item.setAttribute('aria-current', 'step');
    if (needsApproval) item.append(element('small', { textContent: 'needs approval' }));
    return item;
  });
}

/** Newest first, numbered as charts mark them. @param {readonly Decision[]} decisions */
export function showDecisions(decisions) {
  const rows = decisions.map(({ at, by, action, reason }, index) => {
    const row = element('tr');
    for (const text of [String(decisions.length - index), formatTime(at), formatName(action), by, reason]) {
      row.insertCell().textContent = text;
    }
    return row;
  });
  byId('decision-rows').replaceChildren(...rows);
}
