import { listSupportedBackends } from 'onnxruntime-node';
import { MillraceError } from '../../core/index.js';

/** Refuses, as `failed_precondition`, execution providers that this build of ONNX Runtime does not have. */
export function checkProviders(wanted: readonly string[]): void {
  const present = listSupportedBackends().map((backend) => backend.name);
  for (const name of wanted) {
    if (present.includes(name)) continue;
    throw new MillraceError(
      'failed_precondition',
      `onnx.executionProviders: '${name}' is not in this build of ONNX Runtime; it has ${present.join(', ')}`,
    );
  }
}
