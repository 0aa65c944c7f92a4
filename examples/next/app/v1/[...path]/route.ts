import { getMillrace } from '../../../millrace';

/** OpenAI's API, and all else that millrace has below /v1. */
async function answer(request: Request): Promise<Response> {
  return (await getMillrace()).fetch(request);
}

export { answer as GET, answer as POST };
