import type { Script, Step } from './script.js';

/** Whether a script still shows what is looked for. */
type Shows = (script: Script) => Promise<boolean>;

const MAX_TRIES = 1_500;

/** The smallest script that can be found which still shows it: fewer steps, fewer pieces, fewer bytes. */
export async function shrink(script: Script, shows: Shows): Promise<Script> {
  let smallest = script;
  let tries = 0;
  const attempt = async (steps: readonly Step[] | undefined): Promise<boolean> => {
    if (steps === undefined || tries++ >= MAX_TRIES) return false;
    const candidate = { stage: script.stage, steps };
    if (!(await shows(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let before = 0; before !== sizeOf(smallest) && tries < MAX_TRIES; ) {
    before = sizeOf(smallest);
    for (let at = smallest.steps.length - 1; at >= 0; at--) {
      if (!(await attempt(without(smallest.steps, at)))) await attempt(joined(smallest.steps, at));
    }
    for (let at = 0; at < smallest.steps.length; at++) await shortenStep(() => smallest.steps, at, attempt);
  }
  return smallest;
}

async function shortenStep(
  stepsNow: () => readonly Step[],
  at: number,
  attempt: (steps: readonly Step[]) => Promise<boolean>,
): Promise<void> {
  const textNow = () => {
    const step = stepsNow()[at];
    return step !== undefined && 'send' in step ? step.send : '';
  };
  for (let size = Math.ceil(textNow().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < textNow().length; ) {
      const text = textNow();
      const send = text.slice(0, from) + text.slice(from + size);
      const steps = stepsNow().map((step, index) => (index === at ? { send } : step));
      if (send === '' || !(await attempt(steps))) from += size;
    }
  }
}

function without(steps: readonly Step[], at: number): readonly Step[] | undefined {
  return steps.length > 1 ? steps.filter((_step, index) => index !== at) : undefined;
}

/** With a piece and the one behind it in one. */
function joined(steps: readonly Step[], at: number): readonly Step[] | undefined {
  const [step, next] = steps.slice(at, at + 2);
  if (step === undefined || next === undefined || !('send' in step && 'send' in next)) return undefined;
  return [...steps.slice(0, at), { send: step.send + next.send }, ...steps.slice(at + 2)];
}

function sizeOf({ steps }: Script): number {
  return JSON.stringify(steps).length;
}
