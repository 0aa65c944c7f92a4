import { buildOnnx } from './onnx-builder.js';

/** `OUT` = the sum of `IN` (INT32) since the START control; `SIN` becomes `SOUT`. Values from 100 on fail in the graph. */
export function accumulateModel(): Uint8Array {
  const column = (name: string) => ({ name, type: 'int32', dims: ['N', 1] }) as const;
  return buildOnnx({
    inputs: [column('IN'), column('SIN'), column('START'), { name: 'CORRID', type: 'uint64', dims: ['N', 1] }],
    outputs: [
      column('OUT'),
      column('SOUT'),
      column('STARTED'),
      { name: 'ID', type: 'uint64', dims: ['N', 1] },
      column('ROWS'),
    ],
    nodes: [
      { op: 'Gather', inputs: ['table', 'IN'], outputs: ['known'] },
      { op: 'Add', inputs: ['known', 'SIN'], outputs: ['OUT'] },
      { op: 'Identity', inputs: ['OUT'], outputs: ['SOUT'] },
      { op: 'Identity', inputs: ['START'], outputs: ['STARTED'] },
      { op: 'Identity', inputs: ['CORRID'], outputs: ['ID'] },
      // How many rows ran together, for each of them.
      { op: 'Shape', inputs: ['IN'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'zero'], outputs: ['rows'], attributes: { axis: 0 } },
      { op: 'Cast', inputs: ['rows'], outputs: ['rows32'], attributes: { to: 6 } },
      { op: 'Expand', inputs: ['rows32', 'shape'], outputs: ['ROWS'] },
    ],
    initializers: [
      { name: 'table', type: 'int32', dims: [100], data: Int32Array.from({ length: 100 }, (_, index) => index) },
      { name: 'zero', type: 'int64', dims: [1], data: BigInt64Array.of(0n) },
    ],
  });
}

/** How Triton is told of it; `more` goes into the sequence_batching block. */
export const accumulateConfig = (more = 'direct { }', maxBatchSize = 2): string => `
max_batch_size: ${maxBatchSize}
input [ { name: "IN" data_type: TYPE_INT32 dims: [1] } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [1] },
 { name: "STARTED" data_type: TYPE_INT32 dims: [1] },
 { name: "ID" data_type: TYPE_UINT64 dims: [1] },
 { name: "ROWS" data_type: TYPE_INT32 dims: [1] } ]
sequence_batching { ${more}
 control_input [ { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] },
 { name: "CORRID" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } ] } ]
 state [ { input_name: "SIN" output_name: "SOUT" data_type: TYPE_INT32 dims: [ 1 ]
  initial_state { data_type: TYPE_INT32 dims: [ 1 ] zero_data: true name: "init" } } ] }
instance_group [ { count: 1 kind: KIND_CPU } ]
`;
