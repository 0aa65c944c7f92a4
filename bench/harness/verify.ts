import type { LoadRequest } from '../../src/loadgen/index.js';

const TOLERANCE = 1e-3;

/**
 * Sends the request once and compares the numbers of the answer with those of onnxruntime alone; `tolerance`: how far each may be off.
 * Throws what differs.
 */
export async function verifyAnswer(
  url: string,
  request: LoadRequest,
  expected: readonly number[],
  tolerance = TOLERANCE,
): Promise<void> {
  const answer = await fetch(`${url}${request.path}`, {
    method: request.method,
    headers: request.headers,
    body: Buffer.from(request.body),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${answer.status} ${body.subarray(0, 300).toString()}`);
  const values = numbersOfJson(body.toString()) ?? lastFloats(body, expected.length);
  const wrong = expected.findIndex((value, index) => !(Math.abs(value - (values[index] ?? Number.NaN)) <= tolerance));
  if (values.length !== expected.length || wrong >= 0) {
    throw new Error(`wrong answer: expected ${expected.slice(0, 4)} …, got ${values.slice(0, 4)} …`);
  }
}

interface JsonAnswer {
  readonly outputs?: readonly { readonly data?: number[] }[];
  readonly predictions?: readonly (readonly number[])[];
  readonly y?: number[];
  readonly data?: readonly { readonly embedding: readonly number[] }[];
  readonly embeddings?: readonly (readonly number[])[];
}

/**
 * `outputs[0].data` of the Open Inference Protocol, the rows of `predictions` of TensorFlow Serving and KServe v1, the vectors of OpenAI's API, or
 * `y` or `embeddings` of the Python peers; undefined when it is not all JSON.
 */
function numbersOfJson(text: string): number[] | undefined {
  try {
    const answer: JsonAnswer = JSON.parse(text);
    const vectors = answer.data?.map(({ embedding }) => embedding) ?? answer.embeddings;
    return answer.outputs?.[0]?.data ?? answer.predictions?.flat() ?? answer.y ?? vectors?.flat();
  } catch {
    return undefined;
  }
}

/** The output tensor is the end of the body, whether or not JSON stands before it. */
function lastFloats(body: Buffer, count: number): number[] {
  const start = body.length - count * 4;
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    start < 0 ? Number.NaN : body.readFloatLE(start + index * 4),
  );
}
