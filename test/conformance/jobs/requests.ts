/** The body of a request for one row. */
export const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [7] }] });

export interface Answer {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

export async function post(url: string, headers: Readonly<Record<string, string>> = {}, body = BODY): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return answerOf(response);
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return answerOf(await fetch(url, { headers }));
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return { status, location: headers.get('location') ?? '', text: await response.text() };
}
