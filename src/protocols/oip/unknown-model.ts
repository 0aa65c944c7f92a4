import { quoted } from '../../core/index.js';
import type { FormatUnknownModel } from '../../service/index.js';

/** The message for an unknown model as Triton writes it: programs compare it. */
export const formatUnknownModel: FormatUnknownModel = ({ name, version, isKnown }) => {
  const missing = `Request for unknown model: ${quoted(name)}`;
  if (version === undefined) return `${missing} ${isKnown ? 'has no available versions' : 'is not found'}`;
  return `${missing} version ${version} is not ${isKnown ? 'at ready state' : 'found'}`;
};
