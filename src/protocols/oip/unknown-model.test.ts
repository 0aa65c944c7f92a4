import { expect, it } from 'vitest';
import { formatUnknownModel } from './unknown-model.js';

it.each([
  [undefined, false, "Request for unknown model: 'm' is not found"],
  [undefined, true, "Request for unknown model: 'm' has no available versions"],
  [7, false, "Request for unknown model: 'm' version 7 is not found"],
  [7, true, "Request for unknown model: 'm' version 7 is not at ready state"],
])('Triton names version %s of an unknown model, known: %s', (version, isKnown, message) => {
  expect(formatUnknownModel({ name: 'm', version, isKnown })).toBe(message);
});
