/**
 * A conversation with a language model, streamed, and then what it was about as an object of a known shape.
 * Each argument is a message; MILLRACE_URL, MILLRACE_KEY and MILLRACE_MODEL say to whom.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, type ModelMessage, Output, streamText } from 'ai';
import { z } from 'zod';

const { MILLRACE_URL = 'http://localhost:8000', MILLRACE_KEY, MILLRACE_MODEL = 'smollm2' } = process.env;

const millrace = createOpenAICompatible({
  name: 'millrace',
  baseURL: `${MILLRACE_URL}/v1`,
  ...(MILLRACE_KEY === undefined ? {} : { apiKey: MILLRACE_KEY }),
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const model = millrace(MILLRACE_MODEL);
const system = 'You are a helpful assistant. Answer in one sentence.';
const messages: ModelMessage[] = [];

/** The server lets the model write nothing else. Where everything has a longest length, so has the answer. */
const Summary = z.object({
  topic: z.string().max(60),
  mood: z.enum(['calm', 'curious', 'excited']),
  keywords: z.array(z.string().max(20)).max(3),
});

/** Prints the answer as it comes, and keeps it in the conversation. */
async function ask(content: string): Promise<void> {
  messages.push({ role: 'user', content });
  console.log(`> ${content}`);
  // Errors come in the stream and are thrown here; the SDK would print them as well.
  const answer = streamText({ model, system, messages, maxOutputTokens: 200, onError: () => undefined });
  for await (const part of answer.fullStream) {
    if (part.type === 'text-delta') process.stdout.write(part.text);
    if (part.type === 'error') throw part.error;
  }
  const { inputTokens, outputTokens } = await answer.usage;
  console.log(`\n(${inputTokens} tokens in, ${outputTokens} out)\n`);
  messages.push(...(await answer.response).messages);
}

async function summarize(): Promise<z.infer<typeof Summary>> {
  const question: ModelMessage = { role: 'user', content: 'What was this conversation about?' };
  const { output } = await generateText({
    model,
    system,
    messages: [...messages, question],
    output: Output.object({ schema: Summary }),
    temperature: 0,
  });
  return output;
}

try {
  for (const content of process.argv.slice(2)) await ask(content);
  console.log(JSON.stringify(await summarize(), null, 2));
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
