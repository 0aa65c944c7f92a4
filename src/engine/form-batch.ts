import { formatTraceparent, type GenerationRequest, isTraced, NO_PARAMETERS, type Tensor } from '../core/index.js';
import { EMPTY_PROMPT } from '../generation/index.js';
import type { Batch, BatchItem, ItemContext, ItemSequence, PreparedRequest } from '../runtimes/index.js';
import { cutTensor, padTensor } from './padding.js';
import type { Pending } from './pending.js';
import type { Sequence } from './sequences/sequence.js';
import { type ShapeRules, toClientShape, toModelShape } from './shape-rules.js';

export interface BatchForm {
  readonly id: number;
  readonly rules: ShapeRules;
  /** Clock time, where the runtime needs the calls; undefined = it does not. */
  readonly contextAt: number | undefined;
}

/** Makes the runtime's batch of accepted requests: pads, reshapes, unites the wanted outputs. */
export function formBatch(members: readonly Pending[], { id, rules, contextAt }: BatchForm): Batch {
  const padded = rules.inputPadding.size === 0 ? undefined : paddedShapes(members, rules);
  const items: BatchItem[] = [];
  let rows = 0;
  for (const member of members) {
    rows += member.checked.rows;
    const { generation, inputs, prepared } = member.checked;
    if (generation !== undefined) items.push(generatingItemOf(member, generation, contextAt));
    else if (prepared !== undefined) items.push(preparedItemOf(member, prepared, contextAt));
    else items.push(itemOf(member, toModelInputs(inputs, rules, padded), contextAt));
  }
  return { id, items, rows, outputs: wantedOutputs(members) };
}

/** Written out, as copying objects would cost as much as the rest of it. */
function itemOf(member: Pending, inputs: readonly Tensor[], contextAt: number | undefined): BatchItem {
  const { callId, checked, request, sequence } = member;
  const { rows } = checked;
  const { parameters } = request;
  if (sequence === undefined) {
    if (contextAt === undefined) return { callId, inputs, rows, parameters };
    return { callId, inputs, rows, parameters, context: contextOf(member, contextAt) };
  }
  const step = stepOf(member, sequence);
  if (contextAt === undefined) return { callId, inputs, rows, parameters, sequence: step };
  return { callId, inputs, rows, parameters, sequence: step, context: contextOf(member, contextAt) };
}

function generatingItemOf(member: Pending, generation: GenerationRequest, contextAt: number | undefined): BatchItem {
  const { callId, checked } = member;
  const { rows, prepared } = checked;
  const plain = { callId, inputs: [], rows, parameters: NO_PARAMETERS, generation };
  const item =
    prepared === undefined
      ? plain
      : { ...plain, generation: { ...generation, prompt: EMPTY_PROMPT }, prepared: prepared.value };
  return contextAt === undefined ? item : { ...item, context: contextOf(member, contextAt) };
}

function preparedItemOf(
  member: Pending,
  { value: prepared }: PreparedRequest,
  contextAt: number | undefined,
): BatchItem {
  const { callId, checked } = member;
  const item = { callId, inputs: [], rows: checked.rows, parameters: NO_PARAMETERS, prepared };
  return contextAt === undefined ? item : { ...item, context: contextOf(member, contextAt) };
}

function contextOf({ request, call }: Pending, now: number): ItemContext {
  const { sequence } = request;
  const context = {
    requestId: call.requestId,
    clientId: request.id,
    ownerId: call.principal.ownerId,
    traceparent: isTraced(call.trace) ? formatTraceparent(call.trace, call.timing.earlierAttempts.length) : '',
    remainingMs: call.deadlineAt - now,
  };
  return sequence === undefined ? context : { ...context, sequence };
}

function stepOf({ request }: Pending, { id, slot }: Sequence): ItemSequence {
  return { slot, id, start: request.sequence?.start === true, end: request.sequence?.end === true };
}

/** What of an item's emission the caller asked for, in its order, in the client's shapes and sizes. */
export function toClientOutputs(outputs: readonly Tensor[], member: Pending, rules: ShapeRules): readonly Tensor[] {
  const { checked } = member;
  let wanted = outputs;
  if (checked.outputs !== undefined) {
    wanted = checked.outputs.flatMap((name) => outputs.find((tensor) => tensor.name === name) ?? []);
  }
  if (rules.outputPadding.size === 0 && rules.reshaped.size === 0) return wanted;
  return wanted.map((tensor) => {
    const spec = rules.reshaped.get(tensor.name);
    return cutToMember(spec === undefined ? tensor : toClientShape(spec, tensor), member, rules);
  });
}

function toModelInputs(
  inputs: readonly Tensor[],
  rules: ShapeRules,
  padded: ReadonlyMap<string, readonly number[]> | undefined,
): readonly Tensor[] {
  if (padded === undefined && rules.reshaped.size === 0) return inputs;
  return inputs.map((tensor) => {
    const longest = padded?.get(tensor.name);
    const rule = rules.inputPadding.get(tensor.name);
    const full =
      longest === undefined || rule === undefined
        ? tensor
        : padTensor(
            tensor,
            tensor.shape.map((size, axis) => (rule.axes.includes(axis) ? (longest[axis] as number) : size)),
            rule.value,
          );
    const spec = rules.reshaped.get(tensor.name);
    return spec === undefined ? full : toModelShape(spec, full);
  });
}

function paddedShapes(members: readonly Pending[], rules: ShapeRules): ReadonlyMap<string, readonly number[]> {
  const longest = new Map<string, number[]>();
  for (const { checked } of members) {
    for (const { name, shape } of checked.inputs) {
      if (!rules.inputPadding.has(name)) continue;
      const known = longest.get(name);
      longest.set(name, known === undefined ? [...shape] : known.map((size, axis) => Math.max(size, shape[axis] ?? 0)));
    }
  }
  return longest;
}

function wantedOutputs(members: readonly Pending[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const { checked } of members) {
    if (checked.outputs === undefined) return undefined;
    for (const name of checked.outputs) names.add(name);
  }
  return [...names];
}

/** A padded output axis is as long as the same axis of the first padded input was in the member's own request. */
function cutToMember(tensor: Tensor, member: Pending, rules: ShapeRules): Tensor {
  const rule = rules.outputPadding.get(tensor.name);
  const input = member.checked.inputs.find(({ name }) => rules.inputPadding.has(name));
  if (rule === undefined || input === undefined) return tensor;
  const shape = tensor.shape.map((size, axis) => {
    const own = input.shape[axis];
    return rule.axes.includes(axis) && own !== undefined ? Math.min(size, own) : size;
  });
  return cutTensor(tensor, shape);
}
